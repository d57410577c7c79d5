// Kinds of values in responses of the admin API.

import { z } from 'zod';

export const count = () => z.int().min(0);
export const ms = (description: string) => z.number().describe(`${description}, in milliseconds`);
export const time = (description: string) => z.iso.datetime().describe(description);
