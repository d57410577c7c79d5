// What a page can do to make its browser send a request: source for the page, of functions of an address.

/** Every way that a page has to make its browser send a request. */
export const WAYS: Readonly<Record<string, string>> = {
  form: `(url) => {
    const frame = Object.assign(document.createElement('iframe'), { name: 'target' });
    const form = Object.assign(document.createElement('form'), { method: 'POST', action: url, target: 'target' });
    document.body.append(frame, form);
    form.submit();
  }`,
  'no-cors': `(url) => void fetch(url, { method: 'POST', mode: 'no-cors', body: 'x' }).catch(() => {})`,
  cors: '(url) => void fetch(url).catch(() => {})',
  preflight: `(url) => void fetch(url, { method: 'PUT', headers: { 'x-own': '1' } }).catch(() => {})`,
  beacon: `(url) => void navigator.sendBeacon(url, 'x')`,
  image: `(url) => document.body.append(Object.assign(document.createElement('img'), { src: url }))`,
  'image without referrer': `(url) =>
    document.body.append(Object.assign(document.createElement('img'), { referrerPolicy: 'no-referrer', src: url }))`,
  script: `(url) => document.body.append(Object.assign(document.createElement('script'), { src: url }))`,
  style: `(url) => document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href: url }))`,
  frame: `(url) => document.body.append(Object.assign(document.createElement('iframe'), { src: url }))`,
  'sandboxed frame': `(url) => {
    const srcdoc = '<script>fetch(' + JSON.stringify(url) + ', { mode: "no-cors", method: "POST" })</script>';
    const frame = Object.assign(document.createElement('iframe'), { srcdoc });
    frame.setAttribute('sandbox', 'allow-scripts');
    document.body.append(frame);
  }`,
  'event stream': '(url) => void new EventSource(url)',
  'web socket': `(url) => void new WebSocket(url.replace('http', 'ws'))`,
  navigation: '(url) => location.assign(url)',
};

const form = (enctype: string, action: string): string => `(url) => {
  const frame = Object.assign(document.createElement('iframe'), { name: 'f' + Math.random() });
  const form = Object.assign(document.createElement('form'), { method: 'POST', target: frame.name });
  form.enctype = '${enctype}';
  form.action = ${action};
  form.append(Object.assign(document.createElement('input'), { name: '{"amount":1,"x":"', value: '"}' }));
  document.body.append(frame, form);
  form.submit();
}`;
const element = (tag: string, attributes: string): string =>
  `(url) => document.body.append(Object.assign(document.createElement('${tag}'), ${attributes}))`;

/** Further ones, that leave the page where it is. */
export const FURTHER_WAYS: Readonly<Record<string, string>> = {
  'form of plain text': form('text/plain', 'url'),
  'form of several parts': form('multipart/form-data', 'url'),
  'form that a server redirects': form('text/plain', `'/redirect?' + encodeURIComponent(url)`),
  'fetch that a server redirects': `(url) => void fetch('/redirect?' + encodeURIComponent(url), { method: 'POST', mode: 'no-cors', body: 'x' }).catch(() => {})`,
  'fetch that outlives its page': `(url) => void fetch(url, { method: 'POST', mode: 'no-cors', keepalive: true, body: 'x' }).catch(() => {})`,
  'fetch with cookies': `(url) => void fetch(url, { mode: 'no-cors', credentials: 'include' }).catch(() => {})`,
  worker: `(url) => {
    const code = 'fetch(' + JSON.stringify(url) + ', { method: "POST", mode: "no-cors", body: "x" })';
    new Worker(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })));
  }`,
  'script of a worker': `(url) => {
    const code = 'importScripts(' + JSON.stringify(url) + ')';
    new Worker(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })));
  }`,
  'module script': element('script', `{ type: 'module', src: url }`),
  object: element('object', `{ data: url }`),
  embedded: element('embed', `{ src: url }`),
  video: element('video', `{ src: url, preload: 'auto' }`),
  font: `(url) => void new FontFace('x', 'url(' + url + ')').load().catch(() => {})`,
  background: `(url) => { document.body.style.backgroundImage = 'url(' + url + ')'; }`,
  'synchronous request': `(url) => {
    const request = new XMLHttpRequest();
    request.open('POST', url, false);
    try { request.send('x'); } catch {}
  }`,
  ping: `(url) => {
    const link = Object.assign(document.createElement('a'), { href: '#', ping: url });
    document.body.append(link);
    link.click();
  }`,
};
