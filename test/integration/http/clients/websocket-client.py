"""Opens the WebSocket that the first argument names, says something, and prints what comes."""

import sys

from websockets.sync.client import connect

with connect(sys.argv[1], open_timeout=20) as websocket:
    websocket.send("hi")
    print(websocket.recv(timeout=20))
