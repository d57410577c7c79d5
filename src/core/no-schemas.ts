// Routes here check and write what they have to themselves.

const refuse = (): never => {
  throw new Error('a route must not have a schema');
};

/** For Fastify's `schemaController`: without it, what compiles schemas is loaded, several megabytes that are not used. */
export const NO_SCHEMAS = { compilersFactory: { buildValidator: refuse, buildSerializer: refuse } };
