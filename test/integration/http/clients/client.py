"""As node-client.ts, with the library that the first argument names."""

import sys


def with_urllib():
    import urllib.request

    def send(method, url, body):
        with urllib.request.urlopen(urllib.request.Request(url, data=body, method=method), timeout=20) as response:
            return response.status, response.read().decode()

    return send


def with_requests():
    import requests

    session = requests.Session()

    def send(method, url, body):
        response = session.request(method, url, data=body, timeout=20)
        return response.status_code, response.text

    return send


def with_httpx(**versions):
    import httpx

    client = httpx.Client(timeout=20, **versions)

    def send(method, url, body):
        response = client.request(method, url, content=body)
        return response.status_code, response.text

    return send


LIBRARIES = {
    "urllib": with_urllib,
    "requests": with_requests,
    "httpx": with_httpx,
    "httpx-h2": lambda: with_httpx(http1=False, http2=True),
}

library, upload, *pairs = sys.argv[1:]
send = LIBRARIES[library]()
for method, url in zip(pairs[::2], pairs[1::2]):
    body = None
    if method != "GET":
        with open(upload, "rb") as file:
            body = file.read()
    status, text = send(method, url, body)
    print(status, text.strip())
