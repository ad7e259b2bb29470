//! The geometry in the API description: a union told apart by `type`.

use std::borrow::Cow;

use utoipa::openapi::schema::{
    AdditionalProperties, ArrayBuilder, Discriminator, ObjectBuilder, OneOfBuilder, Schema, SchemaType, Type,
};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::{Geometry, MAX_POLYGONS, MAX_POSITIONS, MAX_RINGS};
use crate::platform::text::string;

const POLYGON: &str = "Polygon";
const MULTI_POLYGON: &str = "MultiPolygon";

fn array(items: impl Into<RefOr<Schema>>, min: usize, max: usize) -> ArrayBuilder {
    ArrayBuilder::new().items(items.into()).min_items(Some(min)).max_items(Some(max))
}

fn rings() -> ArrayBuilder {
    let degrees =
        ObjectBuilder::new().schema_type(SchemaType::Type(Type::Number)).minimum(Some(-180.0)).maximum(Some(180.0));
    let position = array(degrees, 2, 2)
        .description(Some("Longitude (−180 to 180), then latitude (−90 to 90), in degrees, at most seven decimals."));
    let ring = array(position, 4, MAX_POSITIONS).description(Some("Ends where it begins and never crosses itself."));
    array(ring, 1, MAX_RINGS)
}

fn member(kind: &str, coordinates: ArrayBuilder, about: &str, example: serde_json::Value) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::Object))
        .property("type", string().enum_values(Some([kind])))
        .property("coordinates", coordinates)
        .required("type")
        .required("coordinates")
        .additional_properties(Some(AdditionalProperties::FreeForm(false)))
        .description(Some(about))
        .examples([example])
        .into()
}

impl PartialSchema for Geometry {
    fn schema() -> RefOr<Schema> {
        let reference = |name: &str| Ref::from_schema_name(name);
        let mapping = [POLYGON, MULTI_POLYGON].map(|name| (name, format!("#/components/schemas/{name}")));
        Schema::OneOf(
            OneOfBuilder::new()
                // Said here too: a validator that looks at the discriminator first would let `null` pass.
                .schema_type(SchemaType::Type(Type::Object))
                .item(reference(POLYGON))
                .item(reference(MULTI_POLYGON))
                .discriminator(Some(Discriminator::with_mapping("type", mapping)))
                .description(Some(
                    "A GeoJSON geometry (RFC 7946) in WGS84 with at most 1,000 positions and 100 rings in all.",
                ))
                .build(),
        )
        .into()
    }
}
impl ToSchema for Geometry {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Geometry")
    }
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        let square =
            serde_json::json!([[[-94.64, 39.10], [-94.62, 39.10], [-94.62, 39.12], [-94.64, 39.12], [-94.64, 39.10]]]);
        let polygon = member(
            POLYGON,
            rings(),
            "One outline, counterclockwise, then its holes, clockwise; other directions are taken and turned round.",
            serde_json::json!({"type": POLYGON, "coordinates": square}),
        );
        let multi = member(
            MULTI_POLYGON,
            array(rings(), 1, MAX_POLYGONS),
            "Several polygons, which may touch at points but not overlap.",
            serde_json::json!({"type": MULTI_POLYGON, "coordinates": [square]}),
        );
        schemas.push((POLYGON.to_owned(), polygon));
        schemas.push((MULTI_POLYGON.to_owned(), multi));
    }
}
