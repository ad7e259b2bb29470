//! Bodies that nobody reads. Whoever refuses a request, or answers it without its body, lets go of that here: actix would read
//! on for as long as somebody sends.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::dev::Payload;
use actix_web::http::header;

/// A body that is let go of when its request is refused before all of it was read.
pub struct Arriving(pub HttpRequest, pub Payload);
impl Drop for Arriving {
    fn drop(&mut self) {
        let_go(&self.0, self.1.take());
    }
}

/// The largest body that is left to actix, which reads it to its end, where its head says how long it is.
const SHORT: usize = 64 * 1024;

/// Lets go of what nobody reads of a body; whether it is held, as it is unless it is known to be short.
pub fn let_go(req: &HttpRequest, payload: Payload) -> bool {
    let is_short = announced(req).is_some_and(|length| length <= SHORT);
    if matches!(payload, Payload::None) || is_short {
        return false;
    }
    hold(payload);
    true
}

/// How long the body is, as far as its head says so.
pub fn announced(req: &HttpRequest) -> Option<usize> {
    req.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Keeps what is left of a refused body for a moment. actix reads a chunked body that nobody wants any more to its end,
/// however long that is; while somebody has it, it hangs up instead once the answer is out.
pub fn hold(payload: Payload) {
    actix_web::rt::spawn(async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        drop(payload);
    });
}
