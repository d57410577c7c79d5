import type { ServiceDescription } from '../../src/translate/service-description.ts';

/** `package.Service/Method` of each. */
export function methodNames(description: ServiceDescription | undefined): readonly string[] | undefined {
  return description?.methods.map(({ parent, name }) => `${parent.typeName}/${name}`);
}
