#!/bin/sh
# prune-modules.sh FOLDER: removes from FOLDER/node_modules what no running process reads: types, source maps, documentation,
# tests. Licences stay.
set -eu
find "$1/node_modules" -type f \( \
  -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.map' -o -name '*.tsbuildinfo' \
  -o -iname '*.md' ! -iname 'licen[cs]e*' ! -iname 'notice*' \) -delete
find "$1/node_modules" -depth -type d \( -name test -o -name tests -o -name benchmark -o -name benchmarks -o -name docs \
  -o -name examples -o -name .github \) -exec rm -r {} +
find "$1/node_modules" -depth -type d -empty -delete
