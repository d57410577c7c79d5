// Which of the formats of the metrics page a scraper wants (RFC 9110 §12.5.1).

export type ExpositionFormat = 'text' | 'openMetrics';

interface MediaRange {
  readonly type: string;
  readonly version: string | undefined;
  /** 0 to 1. */
  readonly quality: number;
}

/** Of OpenMetrics the one version that is written here. */
const OPENMETRICS_VERSION = '1.0.0';

/** OpenMetrics only for scrapers that prefer it by name: the plain text is what all can read. */
export function expositionFormat(accept: string | undefined): ExpositionFormat {
  if (accept === undefined) return 'text';
  let openMetrics = 0;
  let text = 0;
  for (const { type, version, quality } of accept.split(',').map(mediaRange)) {
    if (type === 'application/openmetrics-text') {
      if (version === undefined || version === OPENMETRICS_VERSION)
        openMetrics = Math.max(openMetrics, quality);
    } else if (type === 'text/plain' || type === 'text/*' || type === '*/*') {
      text = Math.max(text, quality);
    }
  }
  return openMetrics > 0 && openMetrics >= text ? 'openMetrics' : 'text';
}

function mediaRange(written: string): MediaRange {
  const [type = '', ...parameters] = written.split(';').map((part) => part.trim().toLowerCase());
  const value = (name: string): string | undefined =>
    parameters.find((parameter) => parameter.startsWith(`${name}=`))?.slice(name.length + 1);
  const quality = Number(value('q') ?? 1);
  return {
    type,
    version: value('version')?.replaceAll('"', ''),
    quality: Number.isNaN(quality) ? 0 : quality,
  };
}
