// What users configure of the translation of protocols.

import { z } from 'zod';
import { flag, positiveSize, text } from '../schema/fields.ts';

const DESCRIPTORS =
  "A file with the descriptors of its API, as `protoc --include_imports --descriptor_set_out` or `buf build -o` write it; read again when it changes (default: its endpoints' own server reflection).";

const maxMessage = positiveSize()
  .prefault('4MiB')
  .describe('The most bytes of one message in either direction (default 4MiB).');

const descriptors = text('expected the path of a file of descriptors').optional();

const grpcJsonOptions = z.strictObject({
  descriptors: descriptors.describe(DESCRIPTORS),
  ignoreUnknownFields: flag()
    .default(false)
    .describe(
      'Whether fields of JSON and parameters of the query that the message does not have are passed over (default false: the request is refused with 400).',
    ),
  maxMessage,
});

const grpcJsonReverseOptions = z.strictObject({
  descriptors: text('expected the path of a file of descriptors').describe(
    'A file with the descriptors of its API, whose methods say by google.api.http which requests they are; read again when it changes.',
  ),
  maxMessage,
});

export const translateOptions = z
  .strictObject({
    grpcJson: grpcJsonOptions
      .optional()
      .describe(
        'Clients speak JSON, or the Connect protocol, and its endpoints gRPC. Clients of gRPC are served as before. {} for the defaults.',
      ),
    grpcWeb: z
      .strictObject({ maxMessage })
      .optional()
      .describe('Clients speak gRPC-Web, and its endpoints gRPC. {} for the defaults.'),
    grpcJsonReverse: grpcJsonReverseOptions
      .optional()
      .describe('Clients speak gRPC, and its endpoints JSON.'),
  })
  .refine(
    ({ grpcJson, grpcWeb, grpcJsonReverse }) =>
      grpcJsonReverse === undefined || (grpcJson ?? grpcWeb) === undefined,
    {
      error: 'expected endpoints that speak either gRPC (grpcJson, grpcWeb) or JSON (grpcJsonReverse)',
    },
  )
  .refine((translate) => Object.values(translate).some((setting) => setting !== undefined), {
    error: 'expected at least one of grpcJson, grpcWeb and grpcJsonReverse',
  });

export type TranslateOptions = z.output<typeof translateOptions>;
