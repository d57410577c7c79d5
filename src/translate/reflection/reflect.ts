// Asks a server what it serves: its services, the files that describe them, and what those import.
// Source: gRPC, doc/server-reflection.md.

import { fromBinary } from '@bufbuild/protobuf';
import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { messageOf } from '../../core/errors.ts';
import { grpcStatusName } from '../../core/grpc-status.ts';
import { nextTurn } from '../../core/next-turn.ts';
import { isOfGrpcItself, wellKnownFile } from '../description/described-files.ts';
import { DescriptorFault } from '../description/descriptor-fault.ts';
import type { ReflectionResponse, ReflectionVersion } from './reflection-messages.ts';
import {
  REFLECTION_VERSIONS,
  reflectionPath,
  reflectionRequest,
  reflectionResponse,
} from './reflection-messages.ts';

/** How a call of gRPC ended. */
export interface GrpcCallEnd {
  readonly grpcStatus: number;
  readonly message: string;
  /** Those that came, without their lengths. */
  readonly messages: readonly Buffer[];
}

/**
 * Makes a call of gRPC.
 * @param requests the messages, each behind its length
 * @throws AmbassadorError when no endpoint responded
 */
export type GrpcCall = (path: string, requests: Buffer) => Promise<GrpcCallEnd>;

/** What a server said of itself. */
export interface Reflected {
  readonly version: ReflectionVersion;
  /** By full name, sorted, without those of gRPC itself. */
  readonly services: readonly string[];
  /** Each a google.protobuf.FileDescriptorProto, sorted by name. */
  readonly files: readonly Uint8Array[];
  readonly parsed: readonly FileDescriptorProto[];
  /** Why the server could not describe some services, by their names. */
  readonly undescribed: readonly string[];
}

/** Far more than services have; the rest is not asked for. */
const MAX_SERVICES = 500;

const MAX_FILES = 2_000;

/** Of all descriptors, each counted as often as it is sent. */
const MAX_BYTES = 4 * 1024 ** 2;

/** How many imports may lie behind each other. */
const MAX_DEPTH = 32;

/** Servers send what a file imports along with it, for each symbol anew: what is known by then is not asked again. */
const SYMBOLS_AT_ONCE = 8;

const UNIMPLEMENTED = 12;

/** @throws DescriptorFault or what `call` throws */
export function reflect(call: GrpcCall): Promise<Reflected> {
  return new Reflection(call).run();
}

class Reflection {
  readonly #call: GrpcCall;
  #version: ReflectionVersion = 'v1';
  readonly #files = new Map<string, { readonly bytes: Uint8Array; readonly parsed: FileDescriptorProto }>();
  #bytes = 0;

  constructor(call: GrpcCall) {
    this.#call = call;
  }

  async run(): Promise<Reflected> {
    const services = await this.#services();
    const undescribed: string[] = [];
    for (let left = services; left.length > 0; left = left.filter((service) => !this.#describes(service))) {
      const asked = left.slice(0, SYMBOLS_AT_ONCE);
      undescribed.push(...(await this.#ask('file_containing_symbol', asked)));
      left = left.slice(asked.length);
    }
    if (this.#files.size === 0) {
      throw new DescriptorFault(`describe none of their services: ${undescribed.join('; ')}`);
    }
    await this.#complete();
    const files = [...this.#files].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, file]) => file);
    return {
      version: this.#version,
      services,
      files: files.map(({ bytes }) => bytes),
      parsed: files.map(({ parsed }) => parsed),
      undescribed,
    };
  }

  async #services(): Promise<readonly string[]> {
    for (const version of REFLECTION_VERSIONS) {
      this.#version = version;
      const [response] = await this.#responses([reflectionRequest('list_services', '*')], [UNIMPLEMENTED]);
      if (response === undefined) continue;
      if (response.kind !== 'services') throw new DescriptorFault('do not list their services');
      const services = response.names.filter((name) => !isOfGrpcItself(name)).sort();
      if (services.length === 0) throw new DescriptorFault('list no services of their own');
      return services.slice(0, MAX_SERVICES);
    }
    throw new DescriptorFault(
      'have no server reflection (v1 and v1alpha are UNIMPLEMENTED): add it to the server, or name a file of descriptors (translate.grpcJson.descriptors)',
    );
  }

  #describes(service: string): boolean {
    for (const { parsed } of this.#files.values()) {
      const prefix = parsed.package === '' ? '' : `${parsed.package}.`;
      if (parsed.service.some(({ name }) => `${prefix}${name}` === service)) return true;
    }
    return false;
  }

  /** Gets what is imported and was not sent along. What the server does not have may not be needed. */
  async #complete(): Promise<void> {
    const asked = new Set<string>();
    for (let depth = 0; ; depth++) {
      const missing = [...this.#files.values()]
        .flatMap(({ parsed }) => parsed.dependency)
        .filter((name) => !this.#files.has(name) && !asked.has(name) && wellKnownFile(name) === undefined);
      if (missing.length === 0) return;
      if (depth === MAX_DEPTH) throw new DescriptorFault(`import more than ${MAX_DEPTH} files in a chain`);
      const wanted = [...new Set(missing)];
      if (this.#files.size + wanted.length > MAX_FILES) throw tooManyFiles();
      for (const name of wanted) asked.add(name);
      await this.#ask('file_by_filename', wanted);
    }
  }

  /** @returns why what was asked for is not there, for each that is not */
  async #ask(
    asks: 'file_containing_symbol' | 'file_by_filename',
    names: readonly string[],
  ): Promise<readonly string[]> {
    const responses = await this.#responses(names.map((name) => reflectionRequest(asks, name)));
    for (const response of responses) if (response.kind === 'files') await this.#take(response.files);
    return responses.flatMap((response, index) => {
      if (response.kind !== 'error') return [];
      const { code, message } = response;
      return [`${names[index]} (${grpcStatusName(code)}${message && `: ${message}`})`];
    });
  }

  /** File by file, with other work in between. */
  async #take(files: readonly Uint8Array[]): Promise<void> {
    for (const bytes of files) {
      let parsed: FileDescriptorProto;
      try {
        parsed = fromBinary(FileDescriptorProtoSchema, bytes);
      } catch (error) {
        throw new DescriptorFault(`sent something that is not a FileDescriptorProto: ${messageOf(error)}`);
      }
      // A part of a larger buffer would keep all of it.
      this.#files.set(parsed.name, { bytes: Uint8Array.from(bytes), parsed });
      await nextTurn();
    }
    if (this.#files.size > MAX_FILES) throw tooManyFiles();
  }

  /** @param passable statuses with which nothing is returned */
  async #responses(
    requests: readonly Buffer[],
    passable: readonly number[] = [],
  ): Promise<readonly ReflectionResponse[]> {
    const { grpcStatus, message, messages } = await this.#call(
      reflectionPath(this.#version),
      Buffer.concat(requests),
    );
    if (passable.includes(grpcStatus)) return [];
    if (grpcStatus !== 0) {
      throw new DescriptorFault(
        `responded to server reflection with ${grpcStatusName(grpcStatus)}${message && `: ${message}`}`,
      );
    }
    this.#bytes += messages.reduce((sum, each) => sum + each.length, 0);
    if (this.#bytes > MAX_BYTES) {
      throw new DescriptorFault(`have descriptors of more than ${MAX_BYTES / 1024 ** 2} MiB`);
    }
    if (messages.length < requests.length) {
      throw new DescriptorFault(
        `responded to ${messages.length} of ${requests.length} requests of reflection`,
      );
    }
    try {
      return messages.map(reflectionResponse);
    } catch (error) {
      throw new DescriptorFault(
        `sent something that is not a server reflection response: ${messageOf(error)}`,
      );
    }
  }
}

function tooManyFiles(): DescriptorFault {
  return new DescriptorFault(`have descriptors of more than ${MAX_FILES} files`);
}
