//! Where partnerships are in their lives: the checklist's facts, dormancy, confirmation, closing, suspension.

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Where a partnership is in its life, beside its state.
    life_cycles (partnership_id) {
        partnership_id -> Uid,
        /// The adopted communication plan and the review of the needs. No foreign keys: both stand on partnerships, and a
        /// partnership only remembers which one counted.
        communication_plan -> Nullable<Uid>,
        communication_plan_at -> Nullable<Micros>,
        resources_review -> Nullable<Uid>,
        resources_review_at -> Nullable<Micros>,
        /// When both sides had a leader for the first time.
        led_at -> Nullable<Micros>,
        /// Since when a side that was led is not.
        leadership_gap_since -> Nullable<Micros>,
        /// When the formation checklist was last complete.
        activated_at -> Nullable<Micros>,
        /// The last thing that keeps it from being dormant, the last warning (days), and when the next step is due.
        last_activity_at -> Nullable<Micros>,
        dormancy_warned_days -> Nullable<Integer>,
        dormancy_due_at -> Nullable<Micros>,
        dormant_at -> Nullable<Micros>,
        /// The yearly confirmation: its day, when leaders were asked, since when it has been missing.
        confirmation_due_on -> Nullable<Date>,
        confirmation_asked_at -> Nullable<Micros>,
        unconfirmed_since -> Nullable<Micros>,
        closed_at -> Nullable<Micros>,
        closing_reason -> Nullable<Text>,
        closing_statement -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// What leaders of both sides sign about the partnership itself: waivers, closing, reactivation, the yearly confirmation.
    agreements (id) {
        id -> Uid,
        partnership_id -> Uid,
        kind -> Text,
        state -> Text,
        /// The item of the checklist that is waived.
        item -> Nullable<Text>,
        /// Why it is waived or closed, in words: a waiver's reason, a closing's statement.
        statement -> Nullable<Text>,
        closing_reason -> Nullable<Text>,
        reference -> Nullable<Text>,
        /// Partnerships that go on with it, and what is left open on purpose.
        successors -> Doc,
        left_open -> Doc,
        /// The meeting with which a dormant partnership begins anew. No foreign key: meetings stand on partnerships.
        meeting -> Nullable<Uid>,
        proposed_by_id -> Uid,
        /// The administrator who closed it in place of a side that did not sign.
        administrator_id -> Nullable<Uid>,
        /// When it was agreed or withdrawn.
        ended_at -> Nullable<Micros>,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    agreement_signatures (id) {
        id -> Uid,
        agreement_id -> Uid,
        side -> Text,
        seat_id -> Uid,
        account_id -> Uid,
        created_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Stopped by an administrator or the area's commander, for review.
    suspensions (id) {
        id -> Uid,
        partnership_id -> Uid,
        /// Where the partnership stood, and stands again once it is lifted.
        from_state -> Text,
        reason -> Text,
        review_on -> Date,
        suspended_by_id -> Uid,
        lifted_by_id -> Nullable<Uid>,
        lifted_at -> Nullable<Micros>,
        lifting_reason -> Nullable<Text>,
        created_at -> Micros,
    }
}
