//! Answers that are dear to make and cheap to name: a digest over everything that shapes them says which answer it is, before
//! it is made. A client that has it is told so; one that was made before is not made again.
//!
//! What is kept is found by that digest and nothing else, so that no other process and no change can make it wrong: what has
//! changed has another digest.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::reply::Reply;
use crate::platform::crypto::hex;
use crate::platform::error::{Error, Result};

/// Bytes of answers that are kept at most.
const KEPT: u64 = 32 << 20;
/// About how many answers that is.
const ANSWERS: usize = 1000;

/// Whether a list of tags, as in `If-None-Match`, names this one (RFC 9110 13.1.2).
pub fn names(known: &str, tag: &str) -> bool {
    known.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

/// What the client has already: `If-None-Match`.
#[derive(Debug, Clone, Default)]
pub struct Known(Option<String>);

impl FromRequest for Known {
    type Error = Error;
    type Future = Ready<Result<Self>>;
    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(
            req.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).map(ToOwned::to_owned),
        )))
    }
}

#[derive(Debug, Clone)]
struct BySize;

impl Weighter<[u8; 32], Bytes> for BySize {
    fn weight(&self, _: &[u8; 32], body: &Bytes) -> u64 {
        // Never nothing: the cache forgets by weight.
        body.len() as u64 + 64
    }
}

/// How an answer is sent.
#[derive(Debug, Clone, Copy)]
pub struct Dress {
    /// `Content-Type`.
    pub content_type: &'static str,
    /// `Cache-Control`.
    pub cache_control: &'static str,
}

/// Answers that were made before, the ones that are asked for most.
pub struct Rendered(Cache<[u8; 32], Bytes, BySize>);

impl Default for Rendered {
    fn default() -> Self {
        Self(Cache::with_weighter(ANSWERS, KEPT, BySize))
    }
}

impl Rendered {
    /// The answer with this digest: 304 where the client has it, otherwise as it was made before or as `make` makes it.
    ///
    /// # Errors
    /// What `make` returns.
    pub fn reply(
        &self,
        digest: [u8; 32],
        known: &Known,
        dress: Dress,
        make: impl FnOnce() -> Result<String>,
    ) -> Result<Reply> {
        let tag = format!("\"{}\"", hex(digest.get(..16).unwrap_or_default()));
        let mut reply = match &known.0 {
            Some(known) if names(known, &tag) => Reply::empty(304),
            _ => {
                let body = match self.0.get(&digest) {
                    Some(body) => body,
                    None => {
                        let body = Bytes::from(make()?);
                        self.0.insert(digest, body.clone());
                        body
                    }
                };
                let kind = HeaderValue::from_static(dress.content_type);
                Reply { status: 200, headers: vec![(header::CONTENT_TYPE, kind)], body }
            }
        };
        let tag = HeaderValue::from_str(&tag).map_err(|e| Error::fault(e.to_string()))?;
        reply.push(header::ETAG, tag);
        reply.push(header::CACHE_CONTROL, HeaderValue::from_static(dress.cache_control));
        Ok(reply)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRESS: Dress = Dress { content_type: "text/plain", cache_control: "no-cache" };

    #[test]
    fn an_answer_is_made_once_and_not_sent_to_whoever_has_it() {
        let rendered = Rendered::default();
        let made = rendered.reply([1; 32], &Known::default(), DRESS, || Ok("one".into())).unwrap();
        assert_eq!((made.status, &made.body[..]), (200, &b"one"[..]));
        let again = rendered.reply([1; 32], &Known::default(), DRESS, || panic!("made twice")).unwrap();
        assert_eq!(made, again);
        let tag = made.headers.iter().find(|(name, _)| name == header::ETAG).unwrap().1.to_str().unwrap().to_owned();
        let known = |text: String| Known(Some(text));
        for has in [known(tag.clone()), known(format!("\"x\", W/{tag}")), known("*".into())] {
            let told = rendered.reply([1; 32], &has, DRESS, || panic!("made for nobody")).unwrap();
            assert_eq!((told.status, told.body.len()), (304, 0));
        }
        let other = rendered.reply([2; 32], &known(tag), DRESS, || Ok("two".into())).unwrap();
        assert_eq!((other.status, &other.body[..]), (200, &b"two"[..]));
        assert!(rendered.reply([3; 32], &Known::default(), DRESS, || Err(Error::not_found())).is_err());
    }
}
