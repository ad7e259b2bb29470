//! Figures for Prometheus, served on a loopback listener of their own.

use std::sync::atomic::Ordering;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::db::Db;
use super::telemetry;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    method: &'static str,
    route: String,
    status: u16,
}
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    method: &'static str,
    route: String,
}
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Job {
    job: &'static str,
    outcome: &'static str,
}

/// What is counted.
pub struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    durations: Family<Route, Histogram, fn() -> Histogram>,
    jobs: Family<Job, Counter>,
    read_queue: Gauge,
    write_queue: Gauge,
    connections: Gauge,
    log_lines_dropped: Counter,
}

fn histogram() -> Histogram {
    Histogram::new([0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0])
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("threekeys");
        let requests = Family::<Request, Counter>::default();
        let durations = Family::<Route, Histogram, fn() -> Histogram>::new_with_constructor(histogram);
        let jobs = Family::<Job, Counter>::default();
        let (read_queue, write_queue, connections) = (Gauge::default(), Gauge::default(), Gauge::default());
        registry.register("requests", "Requests answered", requests.clone());
        registry.register_with_unit("request_duration", "Time to answer", Unit::Seconds, durations.clone());
        registry.register("jobs", "Runs of background jobs", jobs.clone());
        registry.register("database_reads_waiting", "Reads that wait for a connection", read_queue.clone());
        registry.register("database_writes_waiting", "Writes that wait for a connection", write_queue.clone());
        registry.register("database_connections", "Working database connections", connections.clone());
        let log_lines_dropped = Counter::default();
        registry.register(
            "log_lines_dropped",
            "Lines of the log that its reader did not take in time or that could not be written",
            log_lines_dropped.clone(),
        );
        Self { registry, requests, durations, jobs, read_queue, write_queue, connections, log_lines_dropped }
    }
}

impl Metrics {
    /// Counts an answered request. Routes are patterns, never addresses with ids in them.
    pub fn request(&self, method: &'static str, route: &str, status: u16, took: Duration) {
        self.requests.get_or_create(&Request { method, route: route.to_owned(), status }).inc();
        self.durations.get_or_create(&Route { method, route: route.to_owned() }).observe(took.as_secs_f64());
    }
    /// Counts a run of a background job.
    pub fn job(&self, job: &'static str, outcome: &'static str) {
        self.jobs.get_or_create(&Job { job, outcome }).inc();
    }
    /// All figures in the OpenMetrics text format.
    pub fn render(&self, db: &Db) -> String {
        let (reads, writes) = db.waiting();
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        self.read_queue.set(count(reads));
        self.write_queue.set(count(writes));
        self.connections.set(count(db.connections().0));
        // Counted where the lines are taken, and only ever upwards.
        self.log_lines_dropped.inner().store(telemetry::dropped_lines(), Ordering::Relaxed);
        let mut text = String::new();
        match prometheus_client::encoding::text::encode(&mut text, &self.registry) {
            Ok(()) => text,
            Err(error) => {
                tracing::error!(%error, "the metrics could not be written");
                String::new()
            }
        }
    }
}
