//! Logs, and traces where the `otlp` feature is built in.
//!
//! A line of the log is handed to a thread of its own: whoever reads the log may stall, as a collector or a terminal
//! does, and no request waits for that. What the reader does not take in time is dropped and counted.

use std::fs::File;
use std::io::{BufWriter, ErrorKind, IsTerminal as _, Write};
use std::os::fd::AsFd as _;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer};

use super::config::{Log, LogFormat};
use super::faults::is_planted;

/// Lines that wait for the reader at most, of some hundred bytes each. Further ones are dropped.
const WAITING: usize = 8192;
/// Bytes that are written at once at most, where more than one line waits.
const BATCH: usize = 16 << 10;
/// The end of the process waits so long for the reader at most.
const LAST_LINES: Duration = Duration::from_secs(1);

/// Counts what was dropped of the log that this process writes.
static DROPPED: OnceLock<ErrorCounter> = OnceLock::new();

/// Counts what could not be written.
static UNWRITTEN: AtomicU64 = AtomicU64::new(0);

/// How many lines of the log were dropped since the process began because their reader had stalled, or because they could
/// not be written, as on a full disk.
pub fn dropped_lines() -> u64 {
    let dropped = DROPPED.get().map_or(0, |counter| u64::try_from(counter.dropped_lines()).unwrap_or(u64::MAX));
    dropped.saturating_add(UNWRITTEN.load(Ordering::Relaxed))
}

/// Writes lines, and counts those that can't be written: nobody would hear of it otherwise.
struct Counting<W>(W, &'static AtomicU64);

impl<W: Write> Write for Counting<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self.0.write(bytes) {
            // Whoever writes tries these again.
            Err(e) if matches!(e.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => Err(e),
            Err(_) => {
                let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
                self.1.fetch_add(lines as u64, Ordering::Relaxed);
                Ok(bytes.len())
            }
            written => written,
        }
    }
    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

/// Writes the log for as long as it is kept. When it is dropped, the last lines are written out, for which it waits a
/// second at most.
#[must_use = "the last lines of the log are written when this is dropped"]
#[derive(Debug)]
pub struct Logging(Option<WorkerGuard>);

impl Drop for Logging {
    fn drop(&mut self) {
        let Some(guard) = self.0.take() else { return };
        let (written, ended) = mpsc::channel();
        // Of a queue that stays full the guard complains on standard output, whose reader may be the one that stalls.
        let thread = std::thread::Builder::new().name("last-lines".into()).spawn(move || {
            drop(guard);
            let _ = written.send(());
        });
        if thread.is_ok() {
            let _ = ended.recv_timeout(LAST_LINES);
        }
    }
}

/// What takes lines and never waits, and what writes them to `reader` meanwhile.
fn lines_to(reader: impl Write + Send + 'static) -> (NonBlocking, Logging) {
    // The buffer is flushed as soon as no line waits, so that a single one is not held back.
    let (lines, guard) = NonBlockingBuilder::default()
        .lossy(!is_planted("waits_for_the_log"))
        .buffered_lines_limit(WAITING)
        .thread_name("log")
        .finish(BufWriter::with_capacity(BATCH, reader));
    (lines, Logging(Some(guard)))
}

/// Starts logging to the standard error stream, until what it returns is dropped. A second call changes nothing.
///
/// # Errors
/// In words, when the filter, the collector's address or the standard error stream can't be used.
pub fn start(config: &Log) -> Result<Logging, String> {
    let filter = EnvFilter::try_new(&config.filter).map_err(|e| format!("log.filter: {e}"))?;
    // Colours are for people at a terminal, not for files.
    let colours = std::io::stderr().is_terminal();
    // Another handle on the stream: while its reader stalls, nobody who wants the lock of the first waits for it.
    let stream = std::io::stderr().as_fd().try_clone_to_owned().map_err(|e| format!("standard error: {e}"))?;
    let (writer, logging) = lines_to(Counting(File::from(stream), &UNWRITTEN));
    let dropped = writer.error_counter();
    let lines = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(colours).with_target(false);
    let lines = match config.format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let registry = tracing_subscriber::registry().with(filter).with(lines);
    #[cfg(feature = "otlp")]
    let registry = registry.with(traces(config)?);
    // Commands and tests in one process may have started it before.
    if registry.try_init().is_ok() {
        let _ = DROPPED.set(dropped);
    }
    Ok(logging)
}

#[cfg(feature = "otlp")]
fn traces<S>(config: &Log) -> Result<Option<impl Layer<S> + use<S>>, String>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    use opentelemetry::trace::TracerProvider as _;
    use opentelemetry_otlp::WithExportConfig as _;
    if config.otlp_endpoint.is_empty() {
        return Ok(None);
    }
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_endpoint(&config.otlp_endpoint)
        .build()
        .map_err(|e| format!("log.otlp_endpoint: {e}"))?;
    let provider = opentelemetry_sdk::trace::SdkTracerProvider::builder().with_batch_exporter(exporter).build();
    Ok(Some(tracing_opentelemetry::layer().with_tracer(provider.tracer("threekeys"))))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::Instant as Monotonic;

    use super::*;

    /// Takes everything at once.
    #[derive(Clone, Default)]
    struct Reader(Arc<Mutex<Vec<u8>>>);
    impl Write for Reader {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// Takes nothing for as long as the other end is kept.
    struct Stalled(mpsc::Receiver<()>);
    impl Write for Stalled {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let _ = self.0.recv();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_is_written_at_once_and_the_last_ones_at_the_end() {
        let reader = Reader::default();
        let (mut lines, logging) = lines_to(reader.clone());
        lines.write_all(b"first\n").unwrap();
        let since = Monotonic::now();
        while reader.0.lock().unwrap().as_slice() != b"first\n" {
            assert!(since.elapsed() < Duration::from_secs(10), "it is held back");
            std::thread::sleep(Duration::from_millis(1));
        }
        for n in 0..1000 {
            lines.write_all(format!("{n}\n").as_bytes()).unwrap();
        }
        drop(logging);
        assert!(reader.0.lock().unwrap().ends_with(b"\n998\n999\n"), "the last lines are lost");
        assert_eq!(lines.error_counter().dropped_lines(), 0);
    }

    #[test]
    fn lines_that_can_not_be_written_are_counted() {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let (mut lines, logging) = lines_to(Counting(full, &COUNT));
        for n in 0..100 {
            lines.write_all(format!("{n}\n").as_bytes()).unwrap();
        }
        drop(logging);
        assert_eq!(COUNT.load(Ordering::Relaxed), 100);
    }

    /// Bytes of a usual line.
    const LINE: usize = 200;

    #[test]
    fn nobody_waits_for_a_reader_that_has_stalled() {
        let (_kept, stalled) = mpsc::channel();
        let (mut lines, logging) = lines_to(Stalled(stalled));
        let since = Monotonic::now();
        for _ in 0..WAITING + 100 {
            lines.write_all(&[b'x'; LINE]).unwrap();
        }
        // A batch and a line more are on their way to the reader.
        let dropped = lines.error_counter().dropped_lines();
        assert!((99 - BATCH / LINE..=100).contains(&dropped), "{dropped} lines were dropped");
        drop(logging);
        assert!(since.elapsed() < LAST_LINES + Duration::from_secs(5), "the end waited for the reader");
    }
}
