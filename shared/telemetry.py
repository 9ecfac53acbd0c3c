"""Traces by OpenTelemetry, where ``OTEL_EXPORTER_OTLP_ENDPOINT`` says where to send them.

FastAPI makes spans by itself; Celery's instrumentation carries the trace from the request that
published a post to the tasks that it rang. Needs the extra ``otel``.
"""

import os

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


def start(process: str) -> bool:
    """Send this process's spans to the collector; tell whether there is one.

    Raises ``RuntimeError`` where a collector is named but the extra is not installed.
    """
    if not os.environ.get(ENDPOINT):
        return False
    try:
        from opentelemetry import trace
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.instrumentation.celery import CeleryInstrumentor
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise RuntimeError(f"{ENDPOINT} is set: install pabal[otel] ({error.name})") from None
    provider = TracerProvider(resource=Resource.create({"service.name": f"pabal-{process}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    CeleryInstrumentor().instrument()  # type: ignore[no-untyped-call]
    return True
