// The API of a service out of its description: its methods with the requests of HTTP that they are.

import type { DescMethod } from '@bufbuild/protobuf';
import { toJson } from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel as Idempotency } from '@bufbuild/protobuf/wkt';
import type { Json } from '../core/json.ts';
import { loadModule } from '../core/load-module.ts';
import { isGrpc } from '../http/grpc.ts';
import { grpcWebTypes } from './grpc-web/content-types.ts';
import type { Binding } from './http-rule/binding.ts';
import type { RouteMatch, RouteTable } from './http-rule/route-table.ts';
import type { JsonReading } from './json-fault.ts';
import { requestMessage } from './json-message.ts';
import type { DescribedRoutes, RoutedDescription } from './routed-description.ts';
import type { FollowedDescription } from './service-description.ts';
import type {
  ApiMethod,
  ApiRoute,
  ExplainableRequest,
  ExplainedCall,
  TranslatedApi,
} from './translated-api.ts';
import { TranslationFault } from './translation-fault.ts';

export class DescribedApi implements TranslatedApi {
  readonly description: FollowedDescription;
  readonly #routes: DescribedRoutes;
  readonly #ignoreUnknownFields: boolean | undefined;
  #listed: { readonly of: RoutedDescription; readonly methods: readonly ApiMethod[] } | undefined;

  /** @param ignoreUnknownFields of requests in JSON; undefined where these are not translated */
  constructor(
    description: FollowedDescription,
    routes: DescribedRoutes,
    ignoreUnknownFields: boolean | undefined,
  ) {
    this.#ignoreUnknownFields = ignoreUnknownFields;
    this.description = description;
    this.#routes = routes;
  }

  get methods(): readonly ApiMethod[] | undefined {
    const { current } = this.#routes;
    if (current === undefined) return undefined;
    if (this.#listed?.of !== current) this.#listed = { of: current, methods: listed(current) };
    return this.#listed.methods;
  }

  get ruleFaults(): readonly string[] {
    return this.#routes.current?.routes.faults ?? [];
  }

  /** What makes it is loaded when it is asked for. */
  openApi(service: string): Json | undefined {
    const { current } = this.#routes;
    if (current === undefined) return undefined;
    const { description, routes } = current;
    const { openApiOf } = loadModule<typeof import('./openapi/openapi.ts')>(
      './openapi/openapi.ts',
      import.meta.url,
    );
    return openApiOf(service, description, routes);
  }

  explain({ method, path, fields }: ExplainableRequest): ExplainedCall | undefined {
    const ignoreUnknownFields = this.#ignoreUnknownFields;
    if (ignoreUnknownFields === undefined) return undefined;
    if (isGrpc(fields) || grpcWebTypes(fields) !== undefined) return undefined;
    const { current } = this.#routes;
    if (current === undefined) {
      const fault = this.description.fault ?? 'its description has not come yet';
      return { kind: 'refused', reason: 'description_unavailable', detail: `${fault}.` };
    }
    const [at = '', query = ''] = path.split('?', 2);
    const { routes } = current;
    const match = routes.match(method === 'HEAD' ? 'GET' : method, at);
    if (match === undefined) return refused(method, at, routes);
    return explainedCall(match, query, { registry: current.description.registry, ignoreUnknownFields });
  }
}

function explainedCall(match: RouteMatch, query: string, reading: JsonReading): ExplainedCall {
  try {
    const message = requestMessage(match, query, undefined, reading);
    return {
      kind: 'call',
      method: nameOf(match.method),
      route: routeOf(match.binding),
      message: toJson(match.method.input, message, { registry: reading.registry }),
    };
  } catch (error) {
    if (!(error instanceof TranslationFault)) throw error;
    return { kind: 'refused', reason: 'untranslatable_request', detail: `${error.message}.` };
  }
}

function refused(method: string, path: string, routes: RouteTable): ExplainedCall {
  const methods = routes.methodsAt(path);
  return methods.length > 0
    ? {
        kind: 'refused',
        reason: 'method_not_allowed',
        detail: `${path} of the service takes ${methods.join(', ')}, not ${method}.`,
      }
    : {
        kind: 'refused',
        reason: 'unknown_method',
        detail: `No method of the service has the path ${path}.`,
      };
}

function listed({ description, routes }: RoutedDescription): readonly ApiMethod[] {
  const bindings = Map.groupBy(routes.bindings, ({ method }) => method);
  return description.methods.map((method) => apiMethod(method, bindings.get(method) ?? []));
}

function apiMethod(method: DescMethod, bindings: readonly Binding[]): ApiMethod {
  const { methodKind, input, output, idempotency, deprecated } = method;
  return {
    name: nameOf(method),
    kind: methodKind,
    input: input.typeName,
    output: output.typeName,
    idempotent: idempotency === Idempotency.IDEMPOTENT || idempotency === Idempotency.NO_SIDE_EFFECTS,
    deprecated,
    routes: bindings.map(routeOf),
  };
}

function nameOf({ parent, name }: DescMethod): string {
  return `${parent.typeName}/${name}`;
}

function routeOf({ httpMethod, template, body }: Binding): ApiRoute {
  return { method: httpMethod, path: template.text, body: bodyText(body) };
}

function bodyText(body: Binding['body']): string | null {
  switch (body.kind) {
    case 'all':
      return '*';
    case 'field':
      return body.field.name;
    case 'none':
      return null;
  }
}
