// What is known of the API of a translated service, in sentences for the log and the timeline.

import type { DescriptionFacts, DescriptionFailure } from '../core/description-facts.ts';

export function descriptionText(service: string, { from, methods, undescribed }: DescriptionFacts): string {
  const known = `${methods} ${methods === 1 ? 'method' : 'methods'} of ${service} can be called, as ${from} says.`;
  return undescribed.length === 0
    ? known
    : `${known} Its endpoints do not describe ${undescribed.join('; ')}.`;
}

export function descriptionFailedText(service: string, { from, fault, kept }: DescriptionFailure): string {
  const meanwhile = kept ? 'what was known before stays in use' : 'its requests cannot be translated';
  return `The API of ${service} is not known by ${from}, and ${meanwhile}: ${fault}.`;
}
