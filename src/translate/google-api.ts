// The messages of Google's API conventions, which descriptions name and often leave out: the rules by which methods
// are HTTP requests, and the details of errors. Source: google/api/http.proto, google/api/annotations.proto,
// google/rpc/status.proto and google/rpc/error_details.proto of github.com/googleapis/googleapis.

import type { DescExtension, DescFile, DescMessage, DescMethod, Message, Registry } from '@bufbuild/protobuf';
import { createRegistry, getOption, hasOption, toJson } from '@bufbuild/protobuf';
import {
  file_google_protobuf_any,
  file_google_protobuf_descriptor,
  file_google_protobuf_duration,
} from '@bufbuild/protobuf/wkt';
import { field, file, message, stringMap } from './descriptor-literals.ts';

const PATTERN = 0;

const http = file({
  name: 'google/api/http.proto',
  package: 'google.api',
  messageType: [
    message(
      'HttpRule',
      [
        ['selector', 1, 'string'],
        ['get', 2, 'string', PATTERN],
        ['put', 3, 'string', PATTERN],
        ['post', 4, 'string', PATTERN],
        ['delete', 5, 'string', PATTERN],
        ['patch', 6, 'string', PATTERN],
        ['body', 7, 'string'],
        ['custom', 8, '.google.api.CustomHttpPattern', PATTERN],
        ['additional_bindings', 11, '.google.api.HttpRule', 'repeated'],
        ['response_body', 12, 'string'],
      ],
      { oneofs: ['pattern'] },
    ),
    message('CustomHttpPattern', [
      ['kind', 1, 'string'],
      ['path', 2, 'string'],
    ]),
  ],
});

const httpExtension = field(['http', 72_295_728, '.google.api.HttpRule']);
httpExtension.extendee = '.google.protobuf.MethodOptions';

const annotations = file(
  { name: 'google/api/annotations.proto', package: 'google.api', extension: [httpExtension] },
  [http, file_google_protobuf_descriptor],
);

const status = file(
  {
    name: 'google/rpc/status.proto',
    package: 'google.rpc',
    messageType: [
      message('Status', [
        ['code', 1, 'int32'],
        ['message', 2, 'string'],
        ['details', 3, '.google.protobuf.Any', 'repeated'],
      ]),
    ],
  },
  [file_google_protobuf_any],
);

const [metadata, metadataEntry] = stringMap('google.rpc.ErrorInfo', 'metadata', 3);
const [quotaDimensions, quotaDimensionsEntry] = stringMap(
  'google.rpc.QuotaFailure.Violation',
  'quota_dimensions',
  6,
);

const errorDetails = file(
  {
    name: 'google/rpc/error_details.proto',
    package: 'google.rpc',
    messageType: [
      message('ErrorInfo', [['reason', 1, 'string'], ['domain', 2, 'string'], metadata], {
        messages: [metadataEntry],
      }),
      message('RetryInfo', [['retry_delay', 1, '.google.protobuf.Duration']]),
      message('DebugInfo', [
        ['stack_entries', 1, 'string', 'repeated'],
        ['detail', 2, 'string'],
      ]),
      message('QuotaFailure', [['violations', 1, '.google.rpc.QuotaFailure.Violation', 'repeated']], {
        messages: [
          message(
            'Violation',
            [
              ['subject', 1, 'string'],
              ['description', 2, 'string'],
              ['api_service', 3, 'string'],
              ['quota_metric', 4, 'string'],
              ['quota_id', 5, 'string'],
              quotaDimensions,
              ['quota_value', 7, 'int64'],
              ['future_quota_value', 8, 'int64', 'optional'],
            ],
            { messages: [quotaDimensionsEntry] },
          ),
        ],
      }),
      message(
        'PreconditionFailure',
        [['violations', 1, '.google.rpc.PreconditionFailure.Violation', 'repeated']],
        {
          messages: [
            message('Violation', [
              ['type', 1, 'string'],
              ['subject', 2, 'string'],
              ['description', 3, 'string'],
            ]),
          ],
        },
      ),
      message('BadRequest', [['field_violations', 1, '.google.rpc.BadRequest.FieldViolation', 'repeated']], {
        messages: [
          message('FieldViolation', [
            ['field', 1, 'string'],
            ['description', 2, 'string'],
            ['reason', 3, 'string'],
            ['localized_message', 4, '.google.rpc.LocalizedMessage'],
          ]),
        ],
      }),
      message('RequestInfo', [
        ['request_id', 1, 'string'],
        ['serving_data', 2, 'string'],
      ]),
      message('ResourceInfo', [
        ['resource_type', 1, 'string'],
        ['resource_name', 2, 'string'],
        ['owner', 3, 'string'],
        ['description', 4, 'string'],
      ]),
      message('Help', [['links', 1, '.google.rpc.Help.Link', 'repeated']], {
        messages: [
          message('Link', [
            ['description', 1, 'string'],
            ['url', 2, 'string'],
          ]),
        ],
      }),
      message('LocalizedMessage', [
        ['locale', 1, 'string'],
        ['message', 2, 'string'],
      ]),
    ],
  },
  [file_google_protobuf_duration],
);

/** The files named above, for sets of descriptors that import them and do not bring them. */
export const googleFiles: readonly DescFile[] = [http, annotations, status, errorDetails];

/** What stands in these files, and what that is made of. */
export const googleTypes: Registry = createRegistry(
  ...googleFiles,
  file_google_protobuf_any,
  file_google_protobuf_duration,
);

function known<Found>(found: Found | undefined, name: string): Found {
  if (found === undefined) throw new Error(`${name} is not described`);
  return found;
}

/** google.rpc.Status */
export const statusSchema: DescMessage = known(
  googleTypes.getMessage('google.rpc.Status'),
  'google.rpc.Status',
);

const httpRuleSchema: DescMessage = known(
  googleTypes.getMessage('google.api.HttpRule'),
  'google.api.HttpRule',
);
const httpOption: DescExtension = known(googleTypes.getExtension('google.api.http'), 'google.api.http');

/** google.api.HttpRule. Exactly one of the patterns stands in one that is whole. */
export interface HttpRule {
  readonly get?: string;
  readonly put?: string;
  readonly post?: string;
  readonly delete?: string;
  readonly patch?: string;
  readonly custom?: { readonly kind?: string; readonly path?: string };
  readonly body?: string;
  readonly responseBody?: string;
  readonly additionalBindings?: readonly HttpRule[];
}

/** What `option (google.api.http)` says of a method; undefined where it says nothing. */
export function httpRuleOf(method: DescMethod): HttpRule | undefined {
  if (!hasOption(method, httpOption)) return undefined;
  return toJson(httpRuleSchema, getOption(method, httpOption) as Message) as HttpRule;
}
