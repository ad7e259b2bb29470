//! Decisions: texts, stances, blocks, outcomes.

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    decisions (id) {
        id -> Uid,
        partnership_id -> Uid,
        class -> Text,
        /// The mission, goal, plan that it is about. No foreign key: it may be of any slice.
        subject -> Nullable<Uid>,
        method -> Text,
        question -> Text,
        /// Which version of its text counts.
        text_number -> Integer,
        state -> Text,
        is_anonymous -> Bool,
        hides_results -> Bool,
        /// How long it is tried, where it is adopted on trial only.
        trial_days -> Nullable<Integer>,
        /// The round before this one, and the decision that this one is to amend.
        previous_id -> Nullable<Uid>,
        round -> Integer,
        replaces_id -> Nullable<Uid>,
        background -> Doc,
        /// Of a charter: the classes that a majority of each side may decide.
        majority_classes -> Doc,
        created_by_id -> Uid,
        discussion_at -> Nullable<Micros>,
        /// The discussion ends no earlier.
        sense_check_from -> Nullable<Micros>,
        final_call_at -> Nullable<Micros>,
        /// The final call ends no earlier, and by itself.
        closes_from -> Nullable<Micros>,
        closes_at -> Nullable<Micros>,
        /// When those who had not cast a stance were told that it closes soon.
        noticed_at -> Nullable<Micros>,
        /// Since when a side has no leader, so that no time counts.
        paused_at -> Nullable<Micros>,
        /// The thresholds as they were when the final call was opened.
        rules -> Nullable<Doc>,
        closed_at -> Nullable<Micros>,
        result -> Nullable<Doc>,
        review_on -> Nullable<Date>,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Versions of the text. A correction of typing errors is a revision of its version.
    decision_texts (id) {
        id -> Uid,
        decision_id -> Uid,
        number -> Integer,
        revision -> Integer,
        text -> Text,
        /// What changed, in the author's words.
        note -> Nullable<Text>,
        author_id -> Uid,
        created_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Corrections of typing errors, which leaders of both sides approve.
    decision_corrections (id) {
        id -> Uid,
        decision_id -> Uid,
        number -> Integer,
        text -> Text,
        state -> Text,
        proposed_by_id -> Uid,
        created_at -> Micros,
        updated_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Who is asked: the members of both sides when the final call was opened.
    decision_roster (decision_id, account_id) {
        decision_id -> Uid,
        account_id -> Uid,
        side -> Text,
        has_cast -> Bool,
        left_at -> Nullable<Micros>,
        created_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Heads by side and level, kept with each stance, so that reading a decision costs the same however many there are.
    decision_sides (decision_id, side) {
        decision_id -> Uid,
        side -> Text,
        eligible -> Integer,
        endorse -> Integer,
        agree_minor -> Integer,
        reservations -> Integer,
        stand_aside -> Integer,
        more_discussion -> Integer,
        dislike_support -> Integer,
        disagree -> Integer,
        block -> Integer,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Append-only: a stance stops being current and is never changed.
    decision_stances (id) {
        id -> Uid,
        decision_id -> Uid,
        /// The version of the text that it is about.
        number -> Integer,
        phase -> Text,
        side -> Text,
        level -> Text,
        reason -> Nullable<Text>,
        /// Whose it is; nobody's in an anonymous decision.
        account_id -> Nullable<Uid>,
        /// The same for all stances of a person in a decision, and tells of an anonymous one nothing else.
        holder -> Uid,
        is_current -> Bool,
        /// When its text or its phase was over, or its holder left.
        stale_at -> Nullable<Micros>,
        created_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    decision_blocks (id) {
        id -> Uid,
        decision_id -> Uid,
        number -> Integer,
        side -> Text,
        principle -> Text,
        reason -> Text,
        remedy -> Text,
        state -> Text,
        /// What was said to its last step.
        note -> Nullable<Text>,
        account_id -> Nullable<Uid>,
        holder -> Uid,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// What needs more than one person: a correction, the dismissal of a block, reaffirming, rescinding.
    decision_assents (id) {
        id -> Uid,
        decision_id -> Uid,
        /// The decision, block or correction.
        target -> Uid,
        purpose -> Text,
        capacity -> Text,
        account_id -> Uid,
        reason -> Nullable<Text>,
        voided_at -> Nullable<Micros>,
        created_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// What follows from an adopted decision.
    decision_outcomes (decision_id) {
        decision_id -> Uid,
        statement -> Text,
        responsibilities -> Doc,
        communications -> Doc,
        written_by_id -> Uid,
        created_at -> Micros,
        updated_at -> Micros,
    }
}
