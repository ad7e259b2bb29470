//! From the text of a log to its parts, and from the parts that there are to those that an amendment makes. Pure.

use chrono::NaiveDate;

use super::model::{LogPartId, LogPartKind, LogPartRow};
use crate::ids::AccountId;
use crate::meetings::log_model::LogText;
use crate::platform::error::{FieldCode, FieldError};
use crate::platform::http::wrong;

/// The parts that an amendment means by the entries of its lists; what is not told is found by what it says.
#[derive(Debug, Default)]
pub struct Meant {
    pub commitments: Vec<Option<LogPartId>>,
    pub follow_ups: Vec<Option<LogPartId>>,
    pub referrals: Vec<Option<LogPartId>>,
}

impl Meant {
    fn part(&self, kind: LogPartKind, at: usize) -> Option<LogPartId> {
        let list = match kind {
            LogPartKind::Commitment => &self.commitments,
            LogPartKind::FollowUp => &self.follow_ups,
            LogPartKind::Referral => &self.referrals,
            LogPartKind::Concern => return None,
        };
        list.get(at).copied().flatten()
    }
}

impl LogPartKind {
    /// The list of a log that has parts of this kind.
    pub const fn pointer(self) -> &'static str {
        match self {
            Self::Commitment => "/commitments",
            Self::FollowUp => "/follow_ups",
            Self::Referral => "/referrals",
            Self::Concern => "/concerns",
        }
    }
}

/// What a part says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The part that it is, where that was told.
    pub id: Option<LogPartId>,
    pub kind: LogPartKind,
    pub position: i32,
    pub what: String,
    pub due_on: Option<NaiveDate>,
    pub assignee: Option<AccountId>,
    pub referred_to: Option<String>,
}

impl Said {
    /// What a part says, at its place now.
    fn again(part: &LogPartRow, position: i32) -> Self {
        Self {
            id: None,
            kind: part.kind,
            position,
            what: part.what.clone(),
            due_on: part.due_on,
            assignee: part.assignee_id,
            referred_to: part.referred_to.clone(),
        }
    }

    /// Where it stands in a request.
    pub fn pointer(&self) -> String {
        format!("{}/{}", self.kind.pointer(), self.position)
    }

    /// Whether a part says the same, wherever it stands.
    fn is(&self, part: &LogPartRow) -> bool {
        (self.kind, &self.what, self.due_on, self.assignee, &self.referred_to)
            == (part.kind, &part.what, part.due_on, part.assignee_id, &part.referred_to)
    }
}

/// The parts that a text has, those of a kind in their order.
pub fn said(text: &LogText, meant: &Meant) -> Vec<Said> {
    let part = |kind, at: usize, what: &str| Said {
        id: meant.part(kind, at),
        kind,
        position: i32::try_from(at).unwrap_or(i32::MAX),
        what: what.to_owned(),
        due_on: None,
        assignee: None,
        referred_to: None,
    };
    let content = &text.content;
    let commitments = content.commitments.iter().enumerate().map(|(n, commitment)| Said {
        due_on: Some(commitment.due_on.0),
        ..part(LogPartKind::Commitment, n, &commitment.what)
    });
    let follow_ups = content.follow_ups.iter().enumerate().map(|(n, next)| Said {
        due_on: next.due_on.map(|day| day.0),
        assignee: next.assignee_id,
        ..part(LogPartKind::FollowUp, n, &next.what)
    });
    let referrals = text.internal.referrals.iter().enumerate().map(|(n, referral)| Said {
        referred_to: Some(referral.kind.as_str().to_owned()),
        ..part(LogPartKind::Referral, n, referral.note.as_deref().unwrap_or_default())
    });
    let concerns = content.concerns.iter().enumerate().map(|(n, what)| part(LogPartKind::Concern, n, what));
    commitments.chain(follow_ups).chain(referrals).chain(concerns).collect()
}

/// What becomes of the parts that there are when a log says something else.
#[derive(Debug, Default)]
pub struct Diff {
    /// That stay, each at its place now.
    pub stay: Vec<(LogPartRow, i32)>,
    /// That say something else now.
    pub changed: Vec<(LogPartRow, Said)>,
    /// That the log has no more.
    pub gone: Vec<LogPartRow>,
    /// That are new.
    pub new: Vec<Said>,
}

impl Diff {
    /// The same where the log leaves the partnership that it was linked to: what became a commitment or a task there is ended,
    /// and said anew.
    pub fn elsewhere(self) -> Self {
        let Self { stay, changed, mut gone, mut new } = self;
        let is_there = |part: &LogPartRow| part.commitment_id.is_some() || part.task_id.is_some();
        let (left, stay): (Vec<_>, Vec<_>) = stay.into_iter().partition(|(part, _)| is_there(part));
        for (part, position) in left {
            new.push(Said::again(&part, position));
            gone.push(part);
        }
        let (left, changed): (Vec<_>, Vec<_>) = changed.into_iter().partition(|(part, _)| is_there(part));
        for (part, said) in left {
            new.push(said);
            gone.push(part);
        }
        Self { stay, changed, gone, new }
    }
}

/// A part that is told by its id is that one, whatever it says; of others that say the same, each stays as often as it is said.
///
/// # Errors
/// Ids that are of no such part of the log, or are told twice.
pub fn diff(before: Vec<LogPartRow>, now: Vec<Said>) -> Result<Diff, Vec<FieldError>> {
    let mut left = before;
    let mut diff = Diff::default();
    let mut errors = Vec::new();
    let (told, others): (Vec<Said>, Vec<Said>) = now.into_iter().partition(|said| said.id.is_some());
    for said in told {
        match left.iter().position(|part| Some(part.id) == said.id && part.kind == said.kind) {
            Some(at) => {
                let part = left.swap_remove(at);
                if said.is(&part) {
                    diff.stay.push((part, said.position));
                } else {
                    diff.changed.push((part, said));
                }
            }
            None => {
                let message = "is none of the log's parts of this kind, or was told twice";
                errors.push(wrong(format!("{}/id", said.pointer()), FieldCode::NotFound, message));
            }
        }
    }
    for said in others {
        match left.iter().position(|part| said.is(part)) {
            Some(at) => diff.stay.push((left.swap_remove(at), said.position)),
            None => diff.new.push(said),
        }
    }
    diff.gone = left;
    if errors.is_empty() { Ok(diff) } else { Err(errors) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{CommitmentId, OfficerLogId};
    use crate::meetings::parts::model::LogPartId;
    use crate::platform::clock::Instant;

    fn row(kind: LogPartKind, position: i32, what: &str, due: Option<u32>) -> LogPartRow {
        LogPartRow {
            id: LogPartId::new(),
            officer_log_id: OfficerLogId::new(),
            officer_id: AccountId::new(),
            kind,
            position,
            what: what.into(),
            due_on: due.and_then(|d| NaiveDate::from_ymd_opt(2027, 3, d)),
            assignee_id: None,
            referred_to: None,
            commitment_id: (kind == LogPartKind::Commitment).then(CommitmentId::new),
            task_id: None,
            done_at: None,
            removed_at: None,
            version: 1,
            created_at: Instant::EPOCH,
            updated_at: Instant::EPOCH,
        }
    }
    fn found(before: Vec<LogPartRow>, now: Vec<Said>) -> Diff {
        diff(before, now).unwrap()
    }
    fn said_of(row: &LogPartRow, position: i32) -> Said {
        Said {
            id: None,
            kind: row.kind,
            position,
            what: row.what.clone(),
            due_on: row.due_on,
            assignee: row.assignee_id,
            referred_to: row.referred_to.clone(),
        }
    }

    #[test]
    fn what_is_said_again_stays_and_the_rest_goes_or_is_new() {
        use LogPartKind as K;
        let walk = row(K::Commitment, 0, "A walk.", Some(20));
        let call = row(K::FollowUp, 0, "Call.", Some(9));
        let alley = row(K::Concern, 0, "The alley.", None);
        let moved = Said { position: 1, ..said_of(&walk, 0) };
        let later = Said { due_on: NaiveDate::from_ymd_opt(2027, 3, 10), ..said_of(&call, 0) };
        let as_referral = Said { kind: K::Referral, referred_to: Some("311".into()), ..said_of(&alley, 0) };
        let found = found(vec![walk.clone(), call.clone(), alley.clone()], vec![moved, later.clone(), as_referral]);
        assert_eq!(found.stay.iter().map(|(part, at)| (part.id, *at)).collect::<Vec<_>>(), [(walk.id, 1)]);
        let mut gone: Vec<LogPartId> = found.gone.iter().map(|part| part.id).collect();
        gone.sort();
        let mut expected = vec![call.id, alley.id];
        expected.sort();
        assert_eq!(gone, expected);
        assert_eq!((found.new.len(), &found.new[0]), (2, &later));
    }

    #[test]
    fn what_is_told_by_its_id_is_that_part_whatever_it_says() {
        use LogPartKind as K;
        let parts = [row(K::Commitment, 0, "A walk.", Some(20)), row(K::Commitment, 1, "A talk.", Some(21))];
        // The first says now what the second said, and the second something else.
        let first = Said { id: Some(parts[0].id), ..said_of(&parts[1], 0) };
        let second = Said { id: Some(parts[1].id), what: "A tour.".into(), ..said_of(&parts[1], 1) };
        let new = said_of(&parts[0], 2);
        let diff = found(parts.to_vec(), vec![new.clone(), first.clone(), second.clone()]);
        let changed: Vec<_> = diff.changed.iter().map(|(part, said)| (part.id, said.clone())).collect();
        assert_eq!(changed, [(parts[0].id, first.clone()), (parts[1].id, second)]);
        assert!(diff.stay.is_empty() && diff.gone.is_empty());
        assert_eq!(diff.new, [new]);
        let same = Said { id: Some(parts[0].id), ..said_of(&parts[0], 1) };
        let diff = found(parts.to_vec(), vec![same.clone()]);
        assert_eq!((diff.stay.len(), diff.changed.len(), diff.gone.len()), (1, 0, 1));
        for (told, pointer) in [
            (vec![same.clone(), Said { position: 4, ..same.clone() }], "/commitments/4/id"),
            (vec![Said { id: Some(LogPartId::new()), ..same.clone() }], "/commitments/1/id"),
            (vec![Said { kind: K::FollowUp, ..same }], "/follow_ups/1/id"),
        ] {
            let errors = super::diff(parts.to_vec(), told).unwrap_err();
            assert_eq!(errors.iter().map(|error| error.pointer.as_str()).collect::<Vec<_>>(), [pointer]);
        }
    }

    #[test]
    fn what_became_of_a_log_in_a_partnership_that_it_leaves_is_ended_and_said_anew() {
        use LogPartKind as K;
        let parts = [row(K::Commitment, 0, "A walk.", Some(20)), row(K::Commitment, 1, "A talk.", None)];
        let concern = row(K::Concern, 0, "Noise.", None);
        let before = vec![parts[0].clone(), parts[1].clone(), concern.clone()];
        let otherwise = Said { id: Some(parts[1].id), what: "A tour.".into(), ..said_of(&parts[1], 0) };
        let now = vec![said_of(&concern, 0), otherwise.clone(), said_of(&parts[0], 1)];
        let found = found(before, now).elsewhere();
        assert_eq!(found.stay.iter().map(|(part, _)| part.id).collect::<Vec<_>>(), [concern.id]);
        assert_eq!(found.gone.iter().map(|part| part.id).collect::<Vec<_>>(), [parts[0].id, parts[1].id]);
        assert_eq!(found.new, [said_of(&parts[0], 1), otherwise]);
        assert!(found.changed.is_empty());
    }

    #[test]
    fn what_is_said_twice_stays_twice() {
        let twice = [row(LogPartKind::Concern, 0, "Noise.", None), row(LogPartKind::Concern, 1, "Noise.", None)];
        let once = found(twice.to_vec(), vec![said_of(&twice[0], 0)]);
        assert_eq!((once.stay.len(), once.gone.len(), once.new.len()), (1, 1, 0));
        let thrice = found(twice.to_vec(), (0..3).map(|n| said_of(&twice[0], n)).collect());
        assert_eq!((thrice.stay.len(), thrice.gone.len(), thrice.new.len()), (2, 0, 1));
        let none = found(Vec::new(), Vec::new());
        assert!(none.stay.is_empty() && none.gone.is_empty() && none.new.is_empty());
    }
}
