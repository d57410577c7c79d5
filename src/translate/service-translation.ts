// Makes the translator of a service as its options say: the dialects of its clients, and what describes its API. Loaded
// once a configuration has a service that is translated.

import type { Clock } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import { connectDialect } from './connect/connect-dialect.ts';
import { DescribedApi } from './described-api.ts';
import { GrpcWebDialect } from './grpc-web/grpc-web-dialect.ts';
import { jsonDialect } from './json/json-dialect.ts';
import type { GrpcCall } from './reflection/reflect.ts';
import { ReflectedDescription } from './reflection/reflected-description.ts';
import { reverseDialect } from './reverse/reverse-dialect.ts';
import { DescribedRoutes } from './routed-description.ts';
import type { FollowedDescription } from './service-description.ts';
import type { Dialect } from './service-translator.ts';
import { ServiceTranslator } from './service-translator.ts';
import type { TranslateOptions } from './translate-options.ts';
import type { Translator } from './translation.ts';

export { FileDescription } from './description/file-description.ts';

export interface TranslationParts {
  readonly clock: Clock;
  readonly random: Random;
  /** Calls the service's own endpoints. */
  readonly call: GrpcCall;
  /** A file that is followed already. */
  readonly file: (path: string) => FollowedDescription;
  /** As `ServiceTranslator` takes it. */
  readonly allowedOrigins: () => readonly string[];
  /** Server reflection is asked; its owner reports other instances to it. */
  readonly reflects: (description: ReflectedDescription) => void;
  /** As of `ReflectedDescriptionParts`. */
  readonly changed: (fault: string | undefined, undescribed: readonly string[]) => void;
  readonly closed: () => void;
}

interface ClientProtocol {
  /** For people. */
  readonly name: string;
  /** Undefined where clients of the service do not speak it. */
  readonly dialect: (options: TranslateOptions, routes: DescribedRoutes | undefined) => Dialect | undefined;
}

/** In the order in which they are asked: the narrower first. */
const CLIENT_PROTOCOLS: readonly ClientProtocol[] = [
  {
    name: 'gRPC',
    dialect: ({ grpcJsonReverse }, routes) =>
      grpcJsonReverse && routes && reverseDialect(grpcJsonReverse.maxMessage, routes),
  },
  {
    name: 'gRPC-Web',
    dialect: ({ grpcWeb }) => grpcWeb && new GrpcWebDialect(grpcWeb.maxMessage),
  },
  {
    name: 'Connect',
    dialect: ({ grpcJson }, routes) => grpcJson && routes && connectDialect(grpcJson, routes),
  },
  {
    name: 'JSON',
    dialect: ({ grpcJson }, routes) => grpcJson && routes && jsonDialect(grpcJson, routes),
  },
];

export function serviceTranslator(options: TranslateOptions, parts: TranslationParts): Translator {
  const { grpcJson, grpcJsonReverse } = options;
  const path = (grpcJson ?? grpcJsonReverse)?.descriptors;
  let reflected: ReflectedDescription | undefined;
  if (grpcJson !== undefined && path === undefined) {
    reflected = new ReflectedDescription(parts);
    parts.reflects(reflected);
  }
  const description = path === undefined ? reflected : parts.file(path);
  const routes = description && new DescribedRoutes(description);
  const spoken = CLIENT_PROTOCOLS.flatMap(({ name, dialect }) => {
    const made = dialect(options, routes);
    return made === undefined ? [] : [{ name, dialect: made }];
  });
  const closed = () => {
    // A file may describe other services too.
    reflected?.close();
    parts.closed();
  };
  return new ServiceTranslator(
    spoken.map(({ dialect }) => dialect),
    closed,
    parts.allowedOrigins,
    description && routes && new DescribedApi(description, routes, grpcJson?.ignoreUnknownFields),
    spoken.map(({ name }) => name),
  );
}
