//! Agencies, areas, links.

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Agencies and their areas. Public to read.
    agencies (id) {
        id -> Uid,
        name -> Text,
        name_key -> Text,
        kind -> Text,
        time_zone -> Text,
        website -> Nullable<Text>,
        address -> Nullable<Text>,
        /// The emergency block, which everything that takes a report answers with.
        emergency -> Text,
        text_to_911 -> Bool,
        non_emergency -> Text,
        tips -> Nullable<Text>,
        tty -> Nullable<Text>,
        languages -> Doc,
        notice -> Nullable<Text>,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// city → division → district → beat → neighborhood.
    areas (id) {
        id -> Uid,
        agency_id -> Uid,
        parent_id -> Nullable<Uid>,
        kind -> Text,
        name -> Text,
        name_key -> Text,
        code -> Nullable<Text>,
        /// GeoJSON Polygon or MultiPolygon, and its bounding box.
        geometry -> Nullable<Doc>,
        min_lon -> Nullable<Double>,
        min_lat -> Nullable<Double>,
        max_lon -> Nullable<Double>,
        max_lat -> Nullable<Double>,
        households -> Nullable<Integer>,
        retired_at -> Nullable<Micros>,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Every area with all that it lies in, itself included (depth 0).
    area_ancestors (area_id, ancestor_id) {
        area_id -> Uid,
        ancestor_id -> Uid,
        depth -> Integer,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Useful links in the three groups of the source page.
    resource_links (id) {
        id -> Uid,
        agency_id -> Uid,
        area_id -> Nullable<Uid>,
        link_group -> Text,
        title -> Text,
        title_key -> Text,
        url -> Text,
        phone -> Nullable<Text>,
        languages -> Doc,
        cost -> Nullable<Text>,
        status -> Text,
        checked_at -> Nullable<Micros>,
        retired_at -> Nullable<Micros>,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
    }
}
