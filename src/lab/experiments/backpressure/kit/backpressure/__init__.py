"""server: admission for any ASGI application. client: throttle and retry budget for httpx. durable, ingest, sidecar: example."""
