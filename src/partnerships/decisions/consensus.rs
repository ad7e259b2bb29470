//! What stances come to (`domain/20` 6.6). Pure: heads of both sides in, a verdict with its reasons out.
//!
//! Every method asks each side by itself and needs both: there is no sum over the sides, so neither can outvote the other.
//! Shares are compared as whole numbers, so that a threshold that is met exactly is met.

use super::model::{Ending, Method, NextOption};
pub use super::verdict::{Ballot, Condition, ConditionKey, Heads, Rules, SideResult, Verdict};

/// Rounds that come to nothing before a group is offered other ways.
const FAILED_ROUNDS: i32 = 2;

fn share(part: u32, whole: u32) -> Option<f64> {
    (whole > 0).then(|| (f64::from(part) / f64::from(whole) * 10_000.0).round() / 10_000.0)
}

/// The side if so many more of its members supported it: those who have said nothing first, then those who said something
/// else. `None` where there are not so many.
fn with_supporters(heads: &Heads, more: u32) -> Option<Heads> {
    let silent = heads.eligible.saturating_sub(heads.cast()).min(more);
    let mut left = more - silent;
    let mut with = Heads { endorse: heads.endorse + more, ..*heads };
    for others in [&mut with.disagree, &mut with.more_discussion, &mut with.block, &mut with.stand_aside] {
        let turned = left.min(*others);
        *others -= turned;
        left -= turned;
    }
    (left == 0).then_some(with)
}

/// How many more members of a side would have to support it under `method`, out of those who are asked; `None` where support
/// is not what it depends on.
fn needed_in_support(method: Method, heads: &Heads, rules: &Rules) -> Option<u32> {
    let key = match method {
        Method::Consensus => ConditionKey::Support,
        Method::Majority => ConditionKey::Majority,
        Method::Consent | Method::Advice => return None,
    };
    (0..=heads.eligible.max(heads.cast())).find(|more| {
        let with = with_supporters(heads, *more);
        with.is_some_and(|heads| test(method, &heads, rules).into_iter().any(|c| c.key == key && c.is_met))
    })
}

fn side_result(method: Method, heads: &Heads, rules: &Rules) -> SideResult {
    SideResult {
        heads: *heads,
        cast: heads.cast(),
        support: heads.support(),
        participation: share(heads.cast(), heads.eligible),
        support_share: share(heads.support(), heads.cast() - heads.stand_aside),
        needed_to_take_part: match method {
            Method::Advice => 1_u32.saturating_sub(heads.cast()),
            _ => rules.quorum(heads).saturating_sub(heads.cast()),
        },
        needed_in_support: needed_in_support(method, heads, rules),
    }
}

/// Whether enough of a side took part.
fn quorum(heads: &Heads, rules: &Rules) -> [Condition; 2] {
    let (cast, eligible, side) = (heads.cast(), heads.eligible, heads.side);
    let least = rules.minimum(side);
    [
        Condition {
            key: ConditionKey::Participation,
            side: Some(side),
            is_met: eligible > 0 && 100 * cast >= rules.quorum_percent * eligible,
            words: format!("{cast} of {eligible} {side} members took part; {} % are needed", rules.quorum_percent),
        },
        Condition {
            key: ConditionKey::Minimum,
            side: Some(side),
            is_met: cast >= least,
            words: format!("{cast} {side} members took part; at least {least} are needed"),
        },
    ]
}

/// What the method asks of a side beside taking part.
fn test(method: Method, heads: &Heads, rules: &Rules) -> Vec<Condition> {
    let (side, cast, support, aside) = (heads.side, heads.cast(), heads.support(), heads.stand_aside);
    let condition = |key, is_met, words| Condition { key, side: Some(side), is_met, words };
    match method {
        Method::Consensus => {
            let weighed = cast - aside;
            vec![
                condition(
                    ConditionKey::Support,
                    weighed > 0 && 100 * support >= rules.support_percent * weighed,
                    format!(
                        "{support} of {weighed} {side} members who did not stand aside support it; {} % are needed",
                        rules.support_percent
                    ),
                ),
                condition(
                    ConditionKey::StandAsides,
                    cast > 0 && 100 * aside <= rules.stand_aside_percent * cast,
                    format!(
                        "{aside} of {cast} {side} members stand aside; at most {} % may",
                        rules.stand_aside_percent
                    ),
                ),
            ]
        }
        Method::Consent => vec![condition(
            ConditionKey::NoDisagreement,
            heads.disagree == 0,
            format!("{} {side} members disagree; nobody may", heads.disagree),
        )],
        Method::Majority => vec![condition(
            ConditionKey::Majority,
            2 * support > cast,
            format!("{support} of {cast} {side} members support it; more than half are needed"),
        )],
        Method::Advice => vec![condition(
            ConditionKey::Advice,
            cast > 0,
            format!("{cast} {side} members gave advice; at least 1 is needed"),
        )],
    }
}

/// What stances come to.
///
/// Too few who take part lapse it; a block that counts blocks it; any other condition that is not met leaves it not adopted.
pub fn judge(ballot: &Ballot, rules: &Rules) -> Verdict {
    let method = if ballot.is_trial { Method::Consent } else { ballot.method };
    let mut conditions = Vec::new();
    for heads in &ballot.heads {
        if method != Method::Advice {
            conditions.extend(quorum(heads, rules));
        }
        conditions.extend(test(method, heads, rules));
    }
    if method == Method::Advice {
        let words = match ballot.ruling {
            None => "no leader has decided",
            Some(true) => "a leader decided for it",
            Some(false) => "a leader decided against it",
        };
        let is_met = ballot.ruling == Some(true);
        conditions.push(Condition { key: ConditionKey::Ruling, side: None, is_met, words: words.to_owned() });
    }
    conditions.push(Condition {
        key: ConditionKey::NoBlocks,
        side: None,
        is_met: ballot.blocks == 0,
        words: format!("{} blocks count; none may", ballot.blocks),
    });
    if ballot.needs_leaders {
        for (heads, led) in ballot.heads.iter().zip(ballot.led) {
            let words = if led { "supports it" } else { "has to support it, and none does" };
            conditions.push(Condition {
                key: ConditionKey::LeaderAssent,
                side: Some(heads.side),
                is_met: led,
                words: format!("a leader of the {} side {words}", heads.side),
            });
        }
    }
    let unmet = |keys: &[ConditionKey]| conditions.iter().any(|c| !c.is_met && keys.contains(&c.key));
    let unruled = method == Method::Advice && ballot.ruling.is_none();
    let ending = if unruled || unmet(&[ConditionKey::Participation, ConditionKey::Minimum, ConditionKey::Advice]) {
        Ending::Lapsed
    } else if unmet(&[ConditionKey::NoBlocks]) {
        Ending::Blocked
    } else if conditions.iter().any(|c| !c.is_met) {
        Ending::NotAdopted
    } else if ballot.is_trial {
        Ending::AdoptedOnTrial
    } else {
        Ending::Adopted
    };
    let sides = ballot.heads.iter().map(|heads| side_result(method, heads, rules)).collect();
    Verdict { ending, sides, blocks: ballot.blocks, conditions }
}

/// What a group can do after rounds that came to nothing; nothing before the second. A trial that failed is not tried again,
/// and what counts only as a whole (a mission, a goal, a plan: what has a life of its own) is not tried at all.
pub fn next_options(has_failed: bool, round: i32, can_be_tried: bool) -> Vec<NextOption> {
    if !has_failed || round < FAILED_ROUNDS {
        return Vec::new();
    }
    NextOption::ALL.iter().copied().filter(|option| can_be_tried || *option != NextOption::TrialPeriod).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::accounts::Side;
    use crate::partnerships::decisions::levels::Group;
    use crate::partnerships::decisions::model::Level;
    use crate::platform::config::Consensus;

    fn rules() -> Rules {
        Rules::from(&Consensus::default())
    }
    fn heads(side: Side, eligible: u32, levels: &[(Level, u32)]) -> Heads {
        let mut heads = Heads::silent(side, eligible);
        for (level, n) in levels {
            *match level {
                Level::Endorse => &mut heads.endorse,
                Level::AgreeMinor => &mut heads.agree_minor,
                Level::Reservations => &mut heads.reservations,
                Level::StandAside => &mut heads.stand_aside,
                Level::MoreDiscussion => &mut heads.more_discussion,
                Level::DislikeSupport => &mut heads.dislike_support,
                Level::Disagree => &mut heads.disagree,
                Level::Block => &mut heads.block,
            } += n;
        }
        heads
    }
    fn ballot(civilian: &[(Level, u32)], police: &[(Level, u32)]) -> Ballot {
        Ballot {
            method: Method::Consensus,
            is_trial: false,
            needs_leaders: false,
            heads: [heads(Side::Civilian, 9, civilian), heads(Side::Police, 3, police)],
            blocks: 0,
            led: [true, true],
            ruling: None,
        }
    }
    fn ending(ballot: &Ballot) -> Ending {
        judge(ballot, &rules()).ending
    }

    #[test]
    fn nine_civilians_alone_adopt_nothing() {
        use Level::{Disagree, Endorse};
        assert_eq!(ending(&ballot(&[(Endorse, 9)], &[])), Ending::Lapsed);
        let against = ballot(&[(Endorse, 9)], &[(Disagree, 3)]);
        for method in Method::ALL {
            assert!(!ending(&Ballot { method: *method, ..against }).is_adoption(), "{method}");
        }
        assert_eq!(ending(&against), Ending::NotAdopted);
        assert_eq!(ending(&ballot(&[(Endorse, 9)], &[(Endorse, 2)])), Ending::Adopted);
    }

    #[test]
    fn thresholds_hold_exactly() {
        use Level::{Disagree, Endorse, StandAside};
        let police = &[(Endorse, 2)][..];
        for (civilian, expected) in [
            (&[(Endorse, 4)][..], Ending::Lapsed),
            (&[(Endorse, 5)], Ending::Adopted),
            (&[(Endorse, 6), (Disagree, 2)], Ending::Adopted),
            (&[(Endorse, 5), (Disagree, 2)], Ending::NotAdopted),
            (&[(Endorse, 6), (StandAside, 3)], Ending::Adopted),
            (&[(Endorse, 3), (StandAside, 2)], Ending::NotAdopted),
            (&[(StandAside, 9)], Ending::NotAdopted),
        ] {
            assert_eq!(ending(&ballot(civilian, police)), expected, "{civilian:?}");
        }
        let small = Ballot {
            heads: [heads(Side::Civilian, 1, &[(Endorse, 1)]), heads(Side::Police, 1, &[(Endorse, 1)])],
            ..ballot(&[], &[])
        };
        assert_eq!(ending(&small), Ending::Lapsed, "two civilians at least");
    }

    #[test]
    fn blocks_and_leaders_count_whatever_the_method() {
        let all = ballot(&[(Level::Endorse, 9)], &[(Level::Endorse, 3)]);
        for method in Method::ALL {
            let all = Ballot { method: *method, ruling: Some(true), ..all };
            assert_eq!(ending(&all), Ending::Adopted, "{method}");
            assert_eq!(ending(&Ballot { blocks: 1, ..all }), Ending::Blocked, "{method}");
            for led in [[false, true], [true, false]] {
                let unled = Ballot { needs_leaders: true, led, ..all };
                assert_eq!(ending(&unled), Ending::NotAdopted, "{method}");
            }
        }
        assert_eq!(ending(&Ballot { is_trial: true, ..all }), Ending::AdoptedOnTrial);
        assert_eq!(ending(&Ballot { method: Method::Advice, ..all }), Ending::Lapsed, "no leader decided");
        let against = Ballot { method: Method::Advice, ruling: Some(false), ..all };
        assert_eq!(ending(&against), Ending::NotAdopted);
    }

    #[test]
    fn consent_stands_whoever_is_lukewarm_and_falls_with_one_who_disagrees() {
        use Level::{Disagree, Endorse, MoreDiscussion, StandAside};
        let consent = |civilian: &[(Level, u32)], police: &[(Level, u32)]| {
            ending(&Ballot { method: Method::Consent, ..ballot(civilian, police) })
        };
        assert_eq!(consent(&[(StandAside, 4), (MoreDiscussion, 2)], &[(StandAside, 2)]), Ending::Adopted);
        assert_eq!(consent(&[(Endorse, 9)], &[(Endorse, 2), (Disagree, 1)]), Ending::NotAdopted);
        assert_eq!(consent(&[(Endorse, 9)], &[(Endorse, 1)]), Ending::Lapsed);
    }

    #[test]
    fn other_ways_are_offered_after_the_second_round() {
        assert!(next_options(true, 1, true).is_empty() && next_options(false, 3, true).is_empty());
        assert_eq!(next_options(true, 2, true), NextOption::ALL);
        assert!(!next_options(true, 3, false).contains(&NextOption::TrialPeriod));
    }

    fn some_heads(side: Side) -> impl Strategy<Value = Heads> {
        (proptest::collection::vec((proptest::sample::select(Level::ALL.to_vec()), 0..20u32), 0..8), 0..30u32).prop_map(
            move |(levels, silent)| {
                let cast = heads(side, 0, &levels);
                Heads { eligible: cast.cast() + silent, ..cast }
            },
        )
    }
    fn some_ballot() -> impl Strategy<Value = Ballot> {
        (
            proptest::sample::select(Method::ALL.to_vec()),
            any::<[bool; 4]>(),
            some_heads(Side::Civilian),
            some_heads(Side::Police),
            0..3u32,
            any::<Option<bool>>(),
        )
            .prop_map(|(method, [is_trial, needs_leaders, civilian, police], a, b, blocks, ruling)| Ballot {
                method,
                is_trial,
                needs_leaders,
                heads: [a, b],
                blocks,
                led: [civilian, police],
                ruling,
            })
    }
    fn some_rules() -> impl Strategy<Value = Rules> {
        (1..=100u32, 51..=100u32, 0..=100u32, 1..5u32, 1..5u32).prop_map(|(q, s, a, c, p)| Rules {
            quorum_percent: q,
            support_percent: s,
            stand_aside_percent: a,
            civilian_minimum: c,
            police_minimum: p,
        })
    }

    /// The side's own quorum and test, told again in other words.
    fn stands(ballot: &Ballot, side: usize, rules: &Rules) -> bool {
        let heads = ballot.heads[side];
        let (cast, eligible) = (f64::from(heads.cast()), f64::from(heads.eligible));
        let of_group = |group: Group| -> f64 {
            let at = |level: &Level| match level {
                Level::Endorse => heads.endorse,
                Level::AgreeMinor => heads.agree_minor,
                Level::Reservations => heads.reservations,
                Level::StandAside => heads.stand_aside,
                Level::MoreDiscussion => heads.more_discussion,
                Level::DislikeSupport => heads.dislike_support,
                Level::Disagree => heads.disagree,
                Level::Block => heads.block,
            };
            f64::from(Level::ALL.iter().filter(|level| level.group() == group).map(at).sum::<u32>())
        };
        let quorum = cast / eligible >= f64::from(rules.quorum_percent) / 100.0 - 1e-9
            && heads.cast() >= rules.minimum(heads.side);
        let consent = quorum && of_group(Group::Oppose) == 0.0;
        match ballot.method {
            _ if ballot.is_trial => consent,
            Method::Consent => consent,
            Method::Advice => cast > 0.0,
            Method::Majority => quorum && of_group(Group::Support) > cast / 2.0,
            Method::Consensus => {
                let weighed = cast - of_group(Group::Neutral);
                quorum
                    && of_group(Group::Support) / weighed >= f64::from(rules.support_percent) / 100.0 - 1e-9
                    && of_group(Group::Neutral) / cast <= f64::from(rules.stand_aside_percent) / 100.0 + 1e-9
            }
        }
    }

    proptest! {
        #[test]
        fn adoption_implies_each_sides_quorum_and_own_test(ballot in some_ballot(), rules in some_rules()) {
            let verdict = judge(&ballot, &rules);
            let all = stands(&ballot, 0, &rules)
                && stands(&ballot, 1, &rules)
                && ballot.blocks == 0
                && (!ballot.needs_leaders || ballot.led == [true, true])
                && (ballot.is_trial || ballot.method != Method::Advice || ballot.ruling == Some(true));
            prop_assert_eq!(verdict.ending.is_adoption(), all);
            prop_assert_eq!(verdict.ending.is_adoption(), verdict.conditions.iter().all(|c| c.is_met));
            prop_assert_eq!(verdict.ending == Ending::AdoptedOnTrial, all && ballot.is_trial);
        }

        #[test]
        fn more_heads_on_one_side_never_help_the_other(ballot in some_ballot(), rules in some_rules(), more in 1..1000u32) {
            // However many support it on one side, what the other side is short of stays short.
            let before = judge(&ballot, &rules);
            let mut louder = ballot;
            louder.heads[0].endorse += more;
            louder.heads[0].eligible += more;
            let after = judge(&louder, &rules);
            let police = |verdict: &Verdict| -> Vec<Condition> {
                verdict.conditions.iter().filter(|c| c.side == Some(Side::Police)).cloned().collect()
            };
            prop_assert_eq!(police(&before), police(&after));
            if police(&before).iter().any(|c| !c.is_met) {
                prop_assert!(!after.ending.is_adoption());
            }
        }

        #[test]
        fn the_heads_that_are_needed_are_enough_and_one_less_is_not(ballot in some_ballot(), rules in some_rules()) {
            let verdict = judge(&ballot, &rules);
            let method = if ballot.is_trial { Method::Consent } else { ballot.method };
            for (at, side) in verdict.sides.iter().enumerate() {
                let Some(needed) = side.needed_in_support else { continue };
                let with = |more: u32| {
                    let mut heads = ballot.heads[at];
                    // One head after the other, whoever is silent first.
                    for _ in 0..more {
                        if heads.cast() >= heads.eligible {
                            let Heads { disagree, more_discussion, block, stand_aside, .. } = &mut heads;
                            let others = [disagree, more_discussion, block, stand_aside];
                            let Some(other) = others.into_iter().find(|n| **n > 0) else { return false };
                            *other -= 1;
                        }
                        heads.endorse += 1;
                    }
                    let key = if method == Method::Majority { ConditionKey::Majority } else { ConditionKey::Support };
                    test(method, &heads, &rules).into_iter().any(|c| c.key == key && c.is_met)
                };
                prop_assert!(with(needed));
                prop_assert!(needed == 0 || !with(needed - 1));
            }
        }

        #[test]
        fn shares_stay_between_0_and_1(ballot in some_ballot(), rules in some_rules()) {
            for side in judge(&ballot, &rules).sides {
                for share in [side.participation, side.support_share].into_iter().flatten() {
                    prop_assert!((0.0..=1.0).contains(&share));
                }
            }
        }
    }
}
