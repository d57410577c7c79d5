// The translators of services, and the files that describe their APIs. Nothing of them is loaded until a configuration
// has a service that is translated.

import { isDeepStrictEqual } from 'node:util';
import type { Path } from '../config/raw.ts';
import type { Config } from '../config/types.ts';
import type { Clock } from '../core/clock.ts';
import { messageOf } from '../core/errors.ts';
import type { CompleteObserver, Observer } from '../core/events.ts';
import { loadModule } from '../core/load-module.ts';
import type { Logger } from '../core/logger.ts';
import type { Random } from '../core/random.ts';
import type { SavedDescription } from '../discovery/snapshot/snapshot-format.ts';
import type { EndpointTable } from '../endpoint/endpoint-table.ts';
import type { Service } from '../service/service.ts';
import type { FileDescription } from '../translate/description/file-description.ts';
import type { ReflectedDescription } from '../translate/reflection/reflected-description.ts';
import type { DescriptionOrigin, FollowedDescription } from '../translate/service-description.ts';
import type { TranslateOptions } from '../translate/translate-options.ts';
import type { Translator } from '../translate/translation.ts';
import { FileProblem } from './file-problem.ts';
import { FileWatch } from './file-watch.ts';

type TranslateModules = typeof import('../translate/service-translation.ts') &
  typeof import('../service/own-grpc-call.ts');

function loadTranslateModules(): TranslateModules {
  return {
    ...loadModule<typeof import('../translate/service-translation.ts')>(
      '../translate/service-translation.ts',
      import.meta.url,
    ),
    ...loadModule<typeof import('../service/own-grpc-call.ts')>(
      '../service/own-grpc-call.ts',
      import.meta.url,
    ),
  };
}

export interface TranslationsParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly observer: () => CompleteObserver;
  /** Whose pages may call, as the configuration in force says. */
  readonly allowedOrigins: () => readonly string[];
  /** What an earlier run saved of a service, by its label. */
  readonly saved: (service: string) => SavedDescription | undefined;
}

interface Made {
  readonly options: TranslateOptions;
  readonly translator: Translator;
}

export class Translations implements Observer {
  readonly #parts: TranslationsParts;
  /** By path. */
  readonly #files = new Map<string, FileDescription>();
  readonly #made = new WeakMap<Service, Made>();
  /** Of services that are open, by label. */
  readonly #descriptions = new Map<string, FollowedDescription>();
  readonly #reflected = new Map<string, ReflectedDescription>();
  #modules: TranslateModules | undefined;

  constructor(parts: TranslationsParts) {
    this.#parts = parts;
  }

  /**
   * Makes ready what this configuration needs beside what is in use.
   * @throws FileProblem
   */
  async prepare(config: Config): Promise<void> {
    if (![...config.services.values()].some(({ translate }) => translate !== undefined)) return;
    this.#modules ??= loadTranslateModules();
    const { FileDescription } = this.#modules;
    const { clock, logger } = this.#parts;
    for (const { path, file } of descriptorFiles(config)) {
      if (this.#files.has(file)) continue;
      const description = await FileDescription.read(file, {
        clock,
        watcher: (watched, touched) => fileWatcher(new FileWatch({ path: watched, clock, logger, touched })),
        changed: (changed, fault) => this.#fileChanged(changed, fault),
      }).catch((error) => {
        throw new FileProblem(path, error);
      });
      if (this.#files.has(file)) continue;
      this.#files.set(file, description);
      description.watch();
    }
  }

  /** This configuration is in force: what it does not need goes. */
  retain(config: Config): void {
    const needed = new Set(descriptorFiles(config).map(({ file }) => file));
    for (const [file, description] of this.#files) {
      if (needed.has(file)) continue;
      description.close();
      this.#files.delete(file);
    }
  }

  /** The same translator for the same options; undefined for none. Who gets it closes it. */
  translatorOf(service: Service, options: TranslateOptions | undefined): Translator | undefined {
    const made = this.#made.get(service);
    if (isDeepStrictEqual(made?.options, options)) return made?.translator;
    if (options === undefined) {
      this.#made.delete(service);
      return undefined;
    }
    const translator = this.#make(service, options);
    this.#made.set(service, { options, translator });
    return translator;
  }

  close(): void {
    for (const description of this.#files.values()) description.close();
  }

  /** Upstreams of a service's chain have its name, and what they are of it behind that. */
  tablePublished(upstream: string, { endpoints }: EndpointTable): void {
    if (this.#reflected.size === 0 || endpoints.length === 0) return;
    this.#reflected.get(upstream.split(' (', 1)[0] ?? '')?.instancesChanged();
  }

  chainChanged(service: string): void {
    this.#reflected.get(service)?.instancesChanged();
  }

  #make(service: Service, options: TranslateOptions): Translator {
    if (this.#modules === undefined) throw new Error('The modules for translation are not loaded.');
    const { clock, random, allowedOrigins } = this.#parts;
    const { name } = service;
    this.#reflected.delete(name);
    const { serviceTranslator, ownGrpcCall } = this.#modules;
    const translator = serviceTranslator(options, {
      clock,
      random,
      allowedOrigins,
      call: ownGrpcCall(service, clock),
      file: (path) => this.#file(path),
      reflects: (description) => {
        this.#restore(name, description);
        this.#reflected.set(name, description);
      },
      changed: (fault, undescribed) => this.#report(name, fault, undescribed),
      closed: () => this.#forget(name, translator),
    });
    if (translator.api !== undefined) this.#descriptions.set(name, translator.api.description);
    // It may be brought in line with other options while its endpoints are known already.
    if ((service.feed.table?.endpoints.length ?? 0) > 0) this.#reflected.get(name)?.instancesChanged();
    return translator;
  }

  /** Another one may have taken its place. */
  #forget(service: string, { api }: Translator): void {
    if (this.#descriptions.get(service) !== api?.description) return;
    this.#descriptions.delete(service);
    this.#reflected.delete(service);
  }

  #file(path: string): FileDescription {
    const description = this.#files.get(path);
    if (description === undefined) throw new Error(`The descriptors in ${path} have not been read.`);
    return description;
  }

  #restore(service: string, description: ReflectedDescription): void {
    const saved = this.#parts.saved(service);
    if (saved === undefined) return;
    try {
      description.restore(saved);
    } catch (error) {
      this.#parts.logger.warn(
        { service, error: messageOf(error) },
        `what the snapshot says of the API of ${service} is damaged; going on without`,
      );
    }
  }

  #fileChanged(path: string, fault: string | undefined): void {
    const description = this.#files.get(path);
    for (const [service, followed] of this.#descriptions) {
      if (followed === description) this.#report(service, fault, []);
    }
  }

  #report(service: string, fault: string | undefined, undescribed: readonly string[]): void {
    const description = this.#descriptions.get(service);
    if (description === undefined) return;
    const observer = this.#parts.observer();
    const from = originText(description.origin);
    const { current } = description;
    if (fault !== undefined) {
      observer.descriptionFailed(service, { from, fault, kept: current !== undefined });
    } else {
      observer.descriptionChanged(service, { from, methods: current?.methods.length ?? 0, undescribed });
    }
  }
}

function originText(origin: DescriptionOrigin): string {
  if (origin.kind === 'file') return origin.path;
  return origin.version === undefined ? 'server reflection' : `server reflection (${origin.version})`;
}

export interface DescriptorFile {
  /** Where it stands in the configuration. */
  readonly path: Path;
  readonly file: string;
}

export function descriptorFiles({ services }: Config): readonly DescriptorFile[] {
  return [...services.values()].flatMap(({ name, translate }) =>
    (['grpcJson', 'grpcJsonReverse'] as const).flatMap((key) => {
      const file = translate?.[key]?.descriptors;
      return file === undefined ? [] : [{ path: ['services', name, 'translate', key, 'descriptors'], file }];
    }),
  );
}

function fileWatcher(watch: FileWatch): { start(): void; close(): void } {
  return { start: () => void watch.start(), close: () => watch.close() };
}
