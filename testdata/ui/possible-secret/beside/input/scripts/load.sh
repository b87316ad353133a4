TOKEN=EXAMPLE1only2NEVER3issued4a5B6c # allow possible-secret: of the load test, on no network
