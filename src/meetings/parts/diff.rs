//! From the text of a log to its parts, and from the parts that there are to those that an amendment makes. Pure.

use chrono::NaiveDate;

use super::model::{LogPartKind, LogPartRow};
use crate::ids::AccountId;
use crate::meetings::log_model::LogText;

/// What a part says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub kind: LogPartKind,
    pub position: i32,
    pub what: String,
    pub due_on: Option<NaiveDate>,
    pub assignee: Option<AccountId>,
    pub referred_to: Option<String>,
}

impl Said {
    /// Whether a part says the same, wherever it stands.
    fn is(&self, part: &LogPartRow) -> bool {
        (self.kind, &self.what, self.due_on, self.assignee, &self.referred_to)
            == (part.kind, &part.what, part.due_on, part.assignee_id, &part.referred_to)
    }
}

/// The parts that a text has, those of a kind in their order.
pub fn said(text: &LogText) -> Vec<Said> {
    let part = |kind, at: usize, what: &str| Said {
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
    /// That the log has no more.
    pub gone: Vec<LogPartRow>,
    /// That are new.
    pub new: Vec<Said>,
}

/// Of parts that say the same, each stays as often as it is said.
pub fn diff(before: Vec<LogPartRow>, now: Vec<Said>) -> Diff {
    let mut left = before;
    let mut diff = Diff::default();
    for said in now {
        match left.iter().position(|part| said.is(part)) {
            Some(at) => diff.stay.push((left.swap_remove(at), said.position)),
            None => diff.new.push(said),
        }
    }
    diff.gone = left;
    diff
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
    fn said_of(row: &LogPartRow, position: i32) -> Said {
        Said {
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
        let found = diff(vec![walk.clone(), call.clone(), alley.clone()], vec![moved, later.clone(), as_referral]);
        assert_eq!(found.stay.iter().map(|(part, at)| (part.id, *at)).collect::<Vec<_>>(), [(walk.id, 1)]);
        let mut gone: Vec<LogPartId> = found.gone.iter().map(|part| part.id).collect();
        gone.sort();
        let mut expected = vec![call.id, alley.id];
        expected.sort();
        assert_eq!(gone, expected);
        assert_eq!((found.new.len(), &found.new[0]), (2, &later));
    }

    #[test]
    fn what_is_said_twice_stays_twice() {
        let twice = [row(LogPartKind::Concern, 0, "Noise.", None), row(LogPartKind::Concern, 1, "Noise.", None)];
        let once = diff(twice.to_vec(), vec![said_of(&twice[0], 0)]);
        assert_eq!((once.stay.len(), once.gone.len(), once.new.len()), (1, 1, 0));
        let thrice = diff(twice.to_vec(), (0..3).map(|n| said_of(&twice[0], n)).collect());
        assert_eq!((thrice.stay.len(), thrice.gone.len(), thrice.new.len()), (2, 0, 1));
        let none = diff(Vec::new(), Vec::new());
        assert!(none.stay.is_empty() && none.gone.is_empty() && none.new.is_empty());
    }
}
