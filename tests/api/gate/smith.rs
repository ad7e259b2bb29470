//! Makes tokens of any shape, with the installation's own key or another.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use serde_json::{Value, json};

use crate::support::{App, Person};

pub fn b64(bytes: impl AsRef<[u8]>) -> String {
    B64.encode(bytes)
}

pub struct Smith {
    pub kid: String,
    pair: Ed25519KeyPair,
}

impl Smith {
    /// With the key that signs here, read from its file: what a thief of everything but the clock could make.
    pub fn of(app: &App) -> Self {
        let file = std::fs::read(app.state.config.data.keys().join("signing-keys.json")).unwrap();
        let file: Value = serde_json::from_slice(&file).unwrap();
        let active = file["signing"].as_array().unwrap().iter().find(|key| key["state"] == "active").unwrap();
        Self::from(active)
    }

    /// With a key as it stands in the file.
    pub fn from(stored: &Value) -> Self {
        let der = B64.decode(stored["pkcs8"].as_str().unwrap()).unwrap();
        Self { kid: stored["kid"].as_str().unwrap().into(), pair: Ed25519KeyPair::from_pkcs8(&der).unwrap() }
    }

    /// With a key of one's own.
    pub fn stranger() -> Self {
        Self { kid: "stranger".into(), pair: Ed25519KeyPair::generate().unwrap() }
    }

    pub fn public(&self) -> Vec<u8> {
        self.pair.public_key().as_ref().to_vec()
    }

    pub fn signature(&self, message: &str) -> Vec<u8> {
        self.pair.sign(message.as_bytes()).as_ref().to_vec()
    }

    /// Signs these very texts.
    pub fn text(&self, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", b64(header), b64(claims));
        let signature = self.signature(&message);
        format!("{message}.{}", b64(signature))
    }

    pub fn token(&self, header: &Value, claims: &Value) -> String {
        self.text(&header.to_string(), &claims.to_string())
    }

    /// The header that is right here.
    pub fn header(&self) -> Value {
        json!({"typ": "at+jwt", "alg": "EdDSA", "kid": self.kid})
    }
}

/// The claims that are right for this person now.
pub fn claims(app: &App, of: &Person) -> Value {
    let now = app.now().seconds();
    json!({
        "iss": "https://threekeys.example", "aud": "threekeys-api", "sub": of.id, "client_id": "threekeys",
        "iat": now, "nbf": now, "exp": now + 600, "jti": uuid::Uuid::now_v7(), "sid": of.session, "auth_time": now,
        "amr": ["pwd"], "acr": "aal1"
    })
}

/// With each member of `other` in place of the one in `value`; `null` stays `null`.
pub fn with(value: &Value, other: Value) -> Value {
    let mut value = value.clone();
    for (name, new) in other.as_object().unwrap() {
        value[name] = new.clone();
    }
    value
}

/// Without this member.
pub fn without(value: &Value, name: &str) -> Value {
    let mut value = value.clone();
    value.as_object_mut().unwrap().remove(name);
    value
}

/// A token with a symmetric signature under `secret`.
pub fn symmetric(algorithm: &str, kid: &str, claims: &Value, secret: &[u8]) -> String {
    let message = format!(
        "{}.{}",
        b64(json!({"typ": "at+jwt", "alg": algorithm, "kid": kid}).to_string()),
        b64(claims.to_string())
    );
    let key = match algorithm {
        "HS256" => hmac::Key::new(hmac::HMAC_SHA256, secret),
        "HS384" => hmac::Key::new(hmac::HMAC_SHA384, secret),
        _ => hmac::Key::new(hmac::HMAC_SHA512, secret),
    };
    format!("{message}.{}", b64(hmac::sign(&key, message.as_bytes())))
}
