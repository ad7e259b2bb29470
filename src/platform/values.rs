//! Numbers, lists and patches that carry their own bounds; the sequel to [`text`](super::text).

use std::borrow::Cow;

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize, Serializer};
use utoipa::__dev::ComposeSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{
    ArrayBuilder, KnownFormat, ObjectBuilder, OneOfBuilder, Schema, SchemaFormat, SchemaType, Type,
};
use utoipa::{PartialSchema, ToSchema};

use super::text::inline_name;

/// A whole number from `MIN` to `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Whole<const MIN: i32, const MAX: i32>(i32);

impl<const MIN: i32, const MAX: i32> Whole<MIN, MAX> {
    /// The number, if it lies within the bounds.
    pub fn new(value: i32) -> Option<Self> {
        (MIN..=MAX).contains(&value).then_some(Self(value))
    }
    /// The number.
    pub const fn get(self) -> i32 {
        self.0
    }
}
impl<const MIN: i32, const MAX: i32> Serialize for Whole<MIN, MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}
impl<'de, const MIN: i32, const MAX: i32> Deserialize<'de> for Whole<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        i32::deserialize(deserializer)
            .ok()
            .and_then(Self::new)
            .ok_or_else(|| D::Error::custom(format_args!("must be a whole number from {MIN} to {MAX}")))
    }
}
impl<const MIN: i32, const MAX: i32> PartialSchema for Whole<MIN, MAX> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::Integer))
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)))
            .minimum(Some(MIN))
            .maximum(Some(MAX))
            .into()
    }
}
impl<const MIN: i32, const MAX: i32> ToSchema for Whole<MIN, MAX> {
    fn name() -> Cow<'static, str> {
        // A minus is not allowed in a component's name; this one never shows, but must differ per bounds.
        inline_name(&format!("Whole{}To{}", MIN.cast_unsigned(), MAX.cast_unsigned()))
    }
}

/// A measured quantity: finite, between −10¹² and 10¹², stored to the precision of an IEEE 754 double.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Quantity(f64);

/// The largest magnitude of a [`Quantity`].
pub const QUANTITY_MAX: f64 = 1e12;

impl Quantity {
    /// The quantity, if it is finite and within bounds.
    pub fn new(value: f64) -> Option<Self> {
        (value.is_finite() && value.abs() <= QUANTITY_MAX).then_some(Self(value))
    }
    /// The number.
    pub const fn get(self) -> f64 {
        self.0
    }
}
impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        f64::deserialize(deserializer)
            .ok()
            .and_then(Self::new)
            .ok_or_else(|| D::Error::custom("must be a number between -1000000000000 and 1000000000000"))
    }
}
impl PartialSchema for Quantity {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::Number))
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Double)))
            .minimum(Some(-QUANTITY_MAX))
            .maximum(Some(QUANTITY_MAX))
            .into()
    }
}
impl ToSchema for Quantity {
    fn name() -> Cow<'static, str> {
        inline_name("Quantity")
    }
}

/// A statement that can only be made, not denied: the JSON value must be `true`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Affirmed;

impl Serialize for Affirmed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        true.serialize(serializer)
    }
}
impl<'de> Deserialize<'de> for Affirmed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match bool::deserialize(deserializer) {
            Ok(true) => Ok(Self),
            _ => Err(D::Error::custom("must be true")),
        }
    }
}
impl PartialSchema for Affirmed {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::Boolean))
            .enum_values(Some([serde_json::Value::Bool(true)]))
            .into()
    }
}
impl ToSchema for Affirmed {
    fn name() -> Cow<'static, str> {
        inline_name("Affirmed")
    }
}

/// A list of `MIN` to `MAX` entries.
#[derive(Debug, Clone, PartialEq)]
pub struct List<T, const MIN: usize, const MAX: usize>(Vec<T>);

impl<T, const MIN: usize, const MAX: usize> List<T, MIN, MAX> {
    /// The entries.
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }
    /// The entries, owned.
    pub fn into_vec(self) -> Vec<T> {
        self.0
    }
}
impl<T, const MAX: usize> Default for List<T, 0, MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}
impl<T: Serialize, const MIN: usize, const MAX: usize> Serialize for List<T, MIN, MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}
impl<'de, T: Deserialize<'de>, const MIN: usize, const MAX: usize> Deserialize<'de> for List<T, MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entries = Vec::deserialize(deserializer)?;
        match entries.len() {
            n if n < MIN => Err(D::Error::custom(format_args!("must have at least {MIN} entries"))),
            n if n > MAX => Err(D::Error::custom(format_args!("must have at most {MAX} entries"))),
            _ => Ok(Self(entries)),
        }
    }
}
impl<T: ToSchema, const MIN: usize, const MAX: usize> ComposeSchema for List<T, MIN, MAX> {
    fn compose(_: Vec<RefOr<Schema>>) -> RefOr<Schema> {
        ArrayBuilder::new().items(reference_or_inline::<T>()).min_items(Some(MIN)).max_items(Some(MAX)).into()
    }
}
impl<T: ToSchema, const MIN: usize, const MAX: usize> ToSchema for List<T, MIN, MAX> {
    fn name() -> Cow<'static, str> {
        inline_name(&format!("List{MIN}To{MAX}Of{}", T::name().trim_start_matches(super::text::INLINE)))
    }
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        collect::<T>(schemas);
    }
}

/// Small checked types and primitives are written in place.
fn is_inline<T: ToSchema>() -> bool {
    T::name().starts_with(super::text::INLINE) || matches!(&*T::name(), "bool" | "i32" | "i64" | "f64" | "String")
}

fn collect<T: ToSchema>(schemas: &mut Vec<(String, RefOr<Schema>)>) {
    if !is_inline::<T>() {
        schemas.push((T::name().into_owned(), T::schema()));
    }
    T::schemas(schemas);
}

fn reference_or_inline<T: ToSchema>() -> RefOr<Schema> {
    if is_inline::<T>() { T::schema() } else { RefOr::Ref(utoipa::openapi::Ref::from_schema_name(T::name())) }
}

/// A field of a merge patch (RFC 7396) that can be cleared: absent keeps, `null` clears, a value sets.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Patch<T> {
    /// The field was absent.
    #[default]
    Keep,
    /// The field was `null`.
    Clear,
    /// The field had a value.
    Set(T),
}

impl<T> Patch<T> {
    /// As diesel's `AsChangeset` wants it: `None` keeps, `Some(None)` stores NULL.
    pub fn changeset<U>(self, convert: impl FnOnce(T) -> U) -> Option<Option<U>> {
        match self {
            Self::Keep => None,
            Self::Clear => Some(None),
            Self::Set(value) => Some(Some(convert(value))),
        }
    }
    /// Whether the field was given at all.
    pub const fn is_given(&self) -> bool {
        !matches!(self, Self::Keep)
    }
    /// The value that was set, if one was.
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Set(value) => Some(value),
            _ => None,
        }
    }
}
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::<T>::deserialize(deserializer)?.map_or(Self::Clear, Self::Set))
    }
}
impl<T: ToSchema> ComposeSchema for Patch<T> {
    fn compose(_: Vec<RefOr<Schema>>) -> RefOr<Schema> {
        OneOfBuilder::new()
            .item(ObjectBuilder::new().schema_type(SchemaType::Type(Type::Null)))
            .item(reference_or_inline::<T>())
            .into()
    }
}
impl<T: ToSchema> ToSchema for Patch<T> {
    fn name() -> Cow<'static, str> {
        inline_name(&format!("Patch{}", T::name().trim_start_matches(super::text::INLINE)))
    }
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        collect::<T>(schemas);
    }
}

/// A field of a merge patch that can't be cleared: absent keeps, a value sets, `null` is refused.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Change<T> {
    /// The field was absent.
    #[default]
    Keep,
    /// The field had a value.
    Set(T),
}

impl<T> Change<T> {
    /// As diesel's `AsChangeset` wants it.
    pub fn changeset<U>(self, convert: impl FnOnce(T) -> U) -> Option<U> {
        match self {
            Self::Keep => None,
            Self::Set(value) => Some(convert(value)),
        }
    }
    /// Whether the field was given at all.
    pub const fn is_given(&self) -> bool {
        matches!(self, Self::Set(_))
    }
    /// The value that was set, if one was.
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Keep => None,
        }
    }
}
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Change<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::Set)
    }
}
impl<T: ToSchema> ComposeSchema for Change<T> {
    fn compose(_: Vec<RefOr<Schema>>) -> RefOr<Schema> {
        reference_or_inline::<T>()
    }
}
impl<T: ToSchema> ToSchema for Change<T> {
    fn name() -> Cow<'static, str> {
        inline_name(&format!("Change{}", T::name().trim_start_matches(super::text::INLINE)))
    }
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        collect::<T>(schemas);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, Default, PartialEq)]
    #[serde(deny_unknown_fields, default)]
    struct Sample {
        a: Patch<Whole<1, 5>>,
        b: Change<List<bool, 1, 2>>,
        c: Option<Quantity>,
    }

    fn read(json: &str) -> Result<Sample, String> {
        serde_json::from_str(json).map_err(|e| e.to_string())
    }

    #[test]
    fn patch_tells_absent_from_null_from_value() {
        assert_eq!(read("{}"), Ok(Sample::default()));
        assert_eq!(read(r#"{"a":null}"#).map(|s| s.a), Ok(Patch::Clear));
        assert_eq!(read(r#"{"a":3}"#).map(|s| s.a.changeset(super::Whole::get)), Ok(Some(Some(3))));
        assert!(read(r#"{"b":null}"#).is_err());
        assert_eq!(read(r#"{"b":[true]}"#).map(|s| s.b.is_given()), Ok(true));
    }

    #[test]
    fn bounds_hold_at_their_edges() {
        for (json, good) in [
            (r#"{"a":1}"#, true),
            (r#"{"a":0}"#, false),
            (r#"{"a":5}"#, true),
            (r#"{"a":6}"#, false),
            (r#"{"a":1.5}"#, false),
            (r#"{"a":99999999999999999999}"#, false),
            (r#"{"b":[]}"#, false),
            (r#"{"b":[true,false]}"#, true),
            (r#"{"b":[true,false,true]}"#, false),
            (r#"{"c":1e12}"#, true),
            (r#"{"c":-1.1e12}"#, false),
            (r#"{"c":1e400}"#, false),
            (r#"{"d":1}"#, false),
        ] {
            assert_eq!(read(json).is_ok(), good, "{json}");
        }
    }
}
