import { OTLPLogExporter as GrpcLogExporter } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPLogExporter as JsonLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtoLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPMetricExporter as GrpcMetricExporter } from '@opentelemetry/exporter-metrics-otlp-grpc';
import { OTLPMetricExporter as JsonMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtoMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter as GrpcTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as JsonTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtoTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { createEmptyMetadata } from '@opentelemetry/otlp-grpc-exporter-base';
import type { LogRecordExporter } from '@opentelemetry/sdk-logs';
import type { PushMetricExporter } from '@opentelemetry/sdk-metrics';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { Destination, OtlpProtocol, TelemetrySettings } from '../telemetry-settings.js';

type Settings = Pick<TelemetrySettings, 'headers' | 'timeout'>;

type HttpOptions = ReturnType<typeof httpOptions>;
type GrpcOptions = ReturnType<typeof grpcOptions>;

export function spanExporter(destination: Destination, settings: Settings): SpanExporter {
  return make<SpanExporter>(destination, settings, {
    'http/protobuf': (options) => new ProtoTraceExporter(options),
    'http/json': (options) => new JsonTraceExporter(options),
    grpc: (options) => new GrpcTraceExporter(options),
  });
}

export function logExporter(destination: Destination, settings: Settings): LogRecordExporter {
  return make<LogRecordExporter>(destination, settings, {
    'http/protobuf': (options) => new ProtoLogExporter(options),
    'http/json': (options) => new JsonLogExporter(options),
    grpc: (options) => new GrpcLogExporter(options),
  });
}

export function metricExporter(destination: Destination, settings: Settings): PushMetricExporter {
  return make<PushMetricExporter>(destination, settings, {
    'http/protobuf': (options) => new ProtoMetricExporter(options),
    'http/json': (options) => new JsonMetricExporter(options),
    grpc: (options) => new GrpcMetricExporter(options),
  });
}

type Makers<Exporter> = Readonly<
  Record<Exclude<OtlpProtocol, 'grpc'>, (options: HttpOptions) => Exporter> & {
    grpc: (options: GrpcOptions) => Exporter;
  }
>;

function make<Exporter>({ protocol, url }: Destination, settings: Settings, makers: Makers<Exporter>): Exporter {
  if (protocol === 'grpc') return makers.grpc(grpcOptions(url, settings));
  return makers[protocol](httpOptions(url, settings));
}

/** What is left out is taken from the environment by the exporter. */
function httpOptions(url: string | undefined, { headers, timeout }: Settings) {
  return {
    headers: { ...headers },
    ...(timeout !== undefined && { timeoutMillis: timeout }),
    ...(url !== undefined && { url }),
  };
}

function grpcOptions(url: string | undefined, { headers, timeout }: Settings) {
  const metadata = createEmptyMetadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return { metadata, ...(timeout !== undefined && { timeoutMillis: timeout }), ...(url !== undefined && { url }) };
}
