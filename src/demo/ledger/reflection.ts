// Server reflection: the service's own description for those who ask. Source: grpc/reflection/v1/reflection.proto.

import type { DescFile, FileRegistry, JsonObject } from '@bufbuild/protobuf';
import { toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import type { Handler } from './grpc-server.ts';

const NOT_FOUND = 5;
const UNIMPLEMENTED = 12;

export const REFLECTION_PATH = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';

export function reflectionOf(registry: FileRegistry): Handler {
  return async function* reflect(requests) {
    for await (const request of requests) {
      yield { originalRequest: request, ...responseTo(request, registry) };
    }
  };
}

function responseTo(request: JsonObject, registry: FileRegistry): JsonObject {
  const { listServices, fileByFilename, fileContainingSymbol } = request;
  if (listServices !== undefined) return { listServicesResponse: { service: servicesIn(registry) } };
  if (typeof fileByFilename === 'string') return described(registry.getFile(fileByFilename), fileByFilename);
  if (typeof fileContainingSymbol === 'string') {
    return described(fileOf(fileContainingSymbol, registry), fileContainingSymbol);
  }
  return failed(UNIMPLEMENTED, 'only services, files and symbols can be asked for');
}

function servicesIn(registry: FileRegistry): JsonObject[] {
  return [...registry].flatMap((type) => (type.kind === 'service' ? [{ name: type.typeName }] : []));
}

/** @param symbol of a type, a service or one of its methods */
function fileOf(symbol: string, registry: FileRegistry): DescFile | undefined {
  const method = symbol.lastIndexOf('.');
  return (registry.get(symbol) ?? registry.getService(symbol.slice(0, method)))?.file;
}

function described(file: DescFile | undefined, asked: string): JsonObject {
  if (file === undefined) return failed(NOT_FOUND, `nothing is called ${asked}`);
  const files = [...withDependencies(file)].map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto));
  return {
    fileDescriptorResponse: {
      fileDescriptorProto: files.map((bytes) => Buffer.from(bytes).toString('base64')),
    },
  };
}

function withDependencies(file: DescFile, found = new Set<DescFile>()): Set<DescFile> {
  if (found.has(file)) return found;
  found.add(file);
  for (const dependency of file.dependencies) withDependencies(dependency, found);
  return found;
}

function failed(errorCode: number, errorMessage: string): JsonObject {
  return { errorResponse: { errorCode, errorMessage } };
}
