//! The formation checklist (`domain/20-key1-partnerships.md` 6.3). Pure: the status of each item is computed from facts and
//! never set.
//!
//! The order is the source page's: civilian *and* police leaders first; then the mission; then one achievable goal; then its
//! objectives, and what the goal needs. Two items can be waived, by leaders of both sides together and with a reason: the
//! review of needs and the members' profiles.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::platform::clock::Instant;
use crate::text_enum;

text_enum! {
    /// An item of the formation checklist.
    pub enum FormationItem {
        /// F1: the civilian side has a primary leader.
        CivilianLeader = "civilian_leader",
        /// F2: the police side has a primary leader whose verification counts.
        PoliceLeader = "police_leader",
        /// F3: a mission is adopted.
        Mission = "mission",
        /// F4: exactly one goal is adopted.
        Goal = "goal",
        /// F5: the goal has one to five objectives, each with indicator, baseline, target and due day.
        Objectives = "objectives",
        /// F6: a communication plan is adopted: two techniques or more, a procedure, a communicator of each side.
        CommunicationPlan = "communication_plan",
        /// F7: one meeting was held with both sides present, and its minutes are approved.
        FirstMeeting = "first_meeting",
        /// F8: the list of needs was reviewed, even if nothing is needed.
        ResourcesReviewed = "resources_reviewed",
        /// F9: at least 60 % of the members stated an interest and a skill.
        MemberProfile = "member_profile",
    }
}

impl FormationItem {
    /// What comes first.
    pub const fn depends_on(self) -> &'static [Self] {
        match self {
            Self::CivilianLeader | Self::PoliceLeader | Self::MemberProfile => &[],
            Self::Mission | Self::CommunicationPlan | Self::FirstMeeting => &[Self::CivilianLeader, Self::PoliceLeader],
            Self::Goal => &[Self::Mission],
            Self::Objectives | Self::ResourcesReviewed => &[Self::Goal],
        }
    }
    /// Whether leaders of both sides can do without it.
    pub const fn is_waivable(self) -> bool {
        matches!(self, Self::ResourcesReviewed | Self::MemberProfile)
    }
}

text_enum! {
    /// Whether an item is done.
    pub enum ItemStatus {
        /// Not yet.
        Open = "open",
        /// Done.
        Done = "done",
        /// Leaders of both sides agreed to do without it.
        Waived = "waived",
    }
}

/// Share of members who must have stated an interest and a skill, in percent.
pub const PROFILED_PERCENT: i64 = 60;

/// What shows that an item is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evidence {
    /// The seat, mission, goal, plan, meeting, review or agreement.
    pub reference: Uuid,
    /// Since when.
    pub at: Option<Instant>,
}

/// An item that leaders of both sides agreed to do without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waived {
    /// Which.
    pub item: FormationItem,
    /// Their agreement.
    pub by: Evidence,
    /// Why.
    pub reason: String,
}

/// What the checklist is computed from.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The civilian primary's seat.
    pub civilian_leader: Option<Evidence>,
    /// The police primary's seat, while its holder is verified.
    pub police_leader: Option<Evidence>,
    /// The adopted mission.
    pub mission: Option<Evidence>,
    /// The adopted goal.
    pub goal: Option<Evidence>,
    /// Objectives of that goal, and how many of them are complete.
    pub objectives: (usize, usize),
    /// The adopted communication plan.
    pub communication_plan: Option<Evidence>,
    /// The first meeting that counts.
    pub first_meeting: Option<Evidence>,
    /// The review of the list of needs.
    pub resources_reviewed: Option<Evidence>,
    /// Active members.
    pub members: i64,
    /// Those of them who stated an interest and a skill.
    pub profiled: i64,
    /// What was waived.
    pub waived: Vec<Waived>,
}

/// One line of the checklist.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ChecklistItem {
    /// Which.
    pub key: FormationItem,
    /// Whether it is done.
    pub status: ItemStatus,
    /// What comes first.
    pub depends_on: &'static [FormationItem],
    /// The seat, mission, goal, plan, meeting, review or agreement that shows it; the meeting for leaders and officials alone.
    pub evidence_ref: Option<Uuid>,
    /// Since when it is done, or waived.
    pub done_at: Option<Instant>,
    /// Why it was waived.
    pub waived_because: Option<String>,
}

/// The checklist.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Formation {
    /// Every item, in the order of the field's method.
    pub items: Vec<ChecklistItem>,
    /// Items that are open.
    pub missing: Vec<FormationItem>,
    /// Done items by all that are not waived, 0 to 1.
    pub progress: f64,
    /// The first open item whose dependencies are done.
    pub next_step: Option<FormationItem>,
}

/// Computes the checklist.
pub fn formation(facts: &Facts) -> Formation {
    let done = |item: FormationItem| -> (bool, Option<Evidence>) {
        let shown = |evidence: Option<Evidence>| (evidence.is_some(), evidence);
        match item {
            FormationItem::CivilianLeader => shown(facts.civilian_leader),
            FormationItem::PoliceLeader => shown(facts.police_leader),
            FormationItem::Mission => shown(facts.mission),
            FormationItem::Goal => shown(facts.goal),
            FormationItem::Objectives => {
                let (all, complete) = facts.objectives;
                let fits = facts.goal.is_some() && (1..=5).contains(&all) && complete == all;
                (fits, facts.goal.filter(|_| fits))
            }
            FormationItem::CommunicationPlan => shown(facts.communication_plan),
            FormationItem::FirstMeeting => shown(facts.first_meeting),
            FormationItem::ResourcesReviewed => shown(facts.resources_reviewed),
            FormationItem::MemberProfile => {
                (facts.members > 0 && facts.profiled * 100 >= facts.members * PROFILED_PERCENT, None)
            }
        }
    };
    let items: Vec<ChecklistItem> = FormationItem::ALL
        .iter()
        .map(|&key| {
            let (is_done, evidence) = done(key);
            let waived = facts.waived.iter().find(|waived| waived.item == key && key.is_waivable() && !is_done);
            let evidence = waived.map(|waived| waived.by).or(evidence);
            ChecklistItem {
                key,
                status: match (is_done, waived) {
                    (true, _) => ItemStatus::Done,
                    (false, Some(_)) => ItemStatus::Waived,
                    (false, None) => ItemStatus::Open,
                },
                depends_on: key.depends_on(),
                evidence_ref: evidence.map(|e| e.reference),
                done_at: evidence.and_then(|e| e.at),
                waived_because: waived.map(|waived| waived.reason.clone()),
            }
        })
        .collect();
    let missing: Vec<FormationItem> = items.iter().filter(|i| i.status == ItemStatus::Open).map(|i| i.key).collect();
    let with = |status: ItemStatus| {
        let n = items.iter().filter(|item| item.status == status).count();
        u32::try_from(n).map_or(0.0, f64::from)
    };
    let (done, open) = (with(ItemStatus::Done), with(ItemStatus::Open));
    // Leaders and mission can't be waived, so that there is always something to divide by.
    let progress = done / (done + open);
    let next_step =
        missing.iter().copied().find(|item| item.depends_on().iter().all(|needed| !missing.contains(needed)));
    Formation { items, missing, progress, next_step }
}

/// Which seats are empty, in the words of a problem's `missing`.
pub fn missing_leaders(civilian: bool, police: bool) -> Vec<&'static str> {
    [(civilian, FormationItem::CivilianLeader), (police, FormationItem::PoliceLeader)]
        .into_iter()
        .filter_map(|(there, item)| (!there).then_some(item.as_str()))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn evidence() -> Option<Evidence> {
        Some(Evidence { reference: Uuid::nil(), at: Instant::from_micros(1) })
    }
    fn complete() -> Facts {
        Facts {
            civilian_leader: evidence(),
            police_leader: evidence(),
            mission: evidence(),
            goal: evidence(),
            objectives: (2, 2),
            communication_plan: evidence(),
            first_meeting: evidence(),
            resources_reviewed: evidence(),
            members: 5,
            profiled: 3,
            waived: Vec::new(),
        }
    }

    #[test]
    fn the_next_step_is_leadership_of_both_sides_then_mission_then_goal_then_objectives() {
        let mut facts = Facts { members: 5, profiled: 5, ..Facts::default() };
        assert_eq!(formation(&facts).next_step, Some(FormationItem::CivilianLeader));
        facts.civilian_leader = evidence();
        assert_eq!(formation(&facts).next_step, Some(FormationItem::PoliceLeader));
        facts.police_leader = evidence();
        assert_eq!(formation(&facts).next_step, Some(FormationItem::Mission));
        facts.mission = evidence();
        assert_eq!(formation(&facts).next_step, Some(FormationItem::Goal));
        facts.goal = evidence();
        assert_eq!(formation(&facts).next_step, Some(FormationItem::Objectives));
        facts.objectives = (1, 1);
        assert_eq!(formation(&facts).next_step, Some(FormationItem::CommunicationPlan));
        facts.communication_plan = evidence();
        assert_eq!(formation(&facts).next_step, Some(FormationItem::FirstMeeting));
        facts.first_meeting = evidence();
        assert_eq!(formation(&facts).next_step, Some(FormationItem::ResourcesReviewed));
        facts.resources_reviewed = evidence();
        let formed = formation(&facts);
        assert_eq!((formed.next_step, formed.missing.len(), formed.progress), (None, 0, 1.0));
    }

    #[test]
    fn members_profiles_count_from_sixty_percent() {
        let missing = |members, profiled| formation(&Facts { members, profiled, ..complete() }).missing;
        assert_eq!(missing(5, 3), []);
        assert_eq!(missing(5, 2), [FormationItem::MemberProfile]);
        assert_eq!(missing(0, 0), [FormationItem::MemberProfile]);
    }

    #[test]
    fn objectives_are_one_to_five_and_all_complete() {
        let missing = |objectives| formation(&Facts { objectives, ..complete() }).missing;
        for (objectives, good) in [((0, 0), false), ((1, 1), true), ((2, 1), false), ((5, 5), true), ((6, 6), false)] {
            assert_eq!(missing(objectives).is_empty(), good, "{objectives:?}");
        }
    }

    fn waived(item: FormationItem) -> Waived {
        let by = Evidence { reference: Uuid::max(), at: Instant::from_micros(2) };
        Waived { item, by, reason: "Nobody can.".into() }
    }

    #[test]
    fn only_needs_and_profiles_can_be_waived() {
        let item = |formed: &Formation, key| formed.items.iter().find(|item| item.key == key).cloned().unwrap();
        for &key in FormationItem::ALL {
            let formed = formation(&Facts { waived: vec![waived(key)], ..Facts::default() });
            let shown = item(&formed, key);
            let expected = if key.is_waivable() { ItemStatus::Waived } else { ItemStatus::Open };
            assert_eq!((shown.status, shown.waived_because.is_some()), (expected, key.is_waivable()), "{key}");
        }
        // What was done after all counts as done.
        let formed = formation(&Facts { waived: vec![waived(FormationItem::MemberProfile)], ..complete() });
        assert_eq!(item(&formed, FormationItem::MemberProfile).status, ItemStatus::Done);
    }

    #[test]
    fn what_is_waived_is_not_applicable() {
        let both = vec![waived(FormationItem::ResourcesReviewed), waived(FormationItem::MemberProfile)];
        let facts = Facts { resources_reviewed: None, profiled: 0, first_meeting: None, waived: both, ..complete() };
        let formed = formation(&facts);
        assert_eq!((formed.missing, formed.progress), (vec![FormationItem::FirstMeeting], 6.0 / 7.0));
        let formed = formation(&Facts { first_meeting: evidence(), ..facts });
        assert_eq!((formed.missing, formed.progress), (vec![], 1.0));
    }

    proptest! {
        #[test]
        fn progress_counts_what_is_done_and_the_next_step_is_never_blocked(bits in 0u16..2048) {
            let bit = |n: u16| bits & (1 << n) != 0;
            let facts = Facts {
                civilian_leader: evidence().filter(|_| bit(0)),
                police_leader: evidence().filter(|_| bit(1)),
                mission: evidence().filter(|_| bit(2)),
                goal: evidence().filter(|_| bit(3)),
                objectives: if bit(4) { (1, 1) } else { (0, 0) },
                communication_plan: evidence().filter(|_| bit(7)),
                first_meeting: evidence().filter(|_| bit(5)),
                resources_reviewed: evidence().filter(|_| bit(8)),
                members: 1,
                profiled: i64::from(bit(6)),
                waived: [(9, FormationItem::ResourcesReviewed), (10, FormationItem::MemberProfile)]
                    .into_iter()
                    .filter(|(n, _)| bit(*n))
                    .map(|(_, item)| waived(item))
                    .collect(),
            };
            let formed = formation(&facts);
            let with = |status| formed.items.iter().filter(|i| i.status == status).count();
            let (done, waived) = (with(ItemStatus::Done), with(ItemStatus::Waived));
            prop_assert_eq!(done + waived + formed.missing.len(), FormationItem::ALL.len());
            prop_assert_eq!(formed.progress == 1.0, formed.missing.is_empty());
            prop_assert!((0.0..=1.0).contains(&formed.progress));
            if let Some(next) = formed.next_step {
                prop_assert!(formed.missing.contains(&next));
                prop_assert!(next.depends_on().iter().all(|needed| !formed.missing.contains(needed)));
            }
        }
    }
}
