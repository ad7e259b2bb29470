//! How well led a partnership is, and how well prepared for the next change.

use std::collections::{HashMap, HashSet};

use chrono::{Months, NaiveDate};
use serde::Serialize;
use utoipa::ToSchema;

use super::seats::{SeatPresentation, SuccessorShown};
use crate::accounts::{Ctx, PersonRef, Side, people};
use crate::ids::{AccountId, MembershipId, PartnershipId, SeatId};
use crate::partnerships::model::{Seat, SeatKind, SelectionMethod};
use crate::partnerships::pipeline::model::{Presentation, Shadowing};
use crate::partnerships::pipeline::policy::{self, Action, WHOLE};
use crate::partnerships::pipeline::queries::{candidates, overview, presentations, shadowings};
use crate::partnerships::pipeline::stages::Stage;
use crate::partnerships::pipeline::succession::{
    SuccessionRisk, bench_strength, should_rotate, succession_coverage, succession_risk,
};
use crate::partnerships::queries::seats;
use crate::partnerships::standing::{Purpose, Scoped};
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::Result;
use crate::platform::http::{Found, Path, Reply};

/// Names told at most, of the bench and of mentors each.
const NAMES: usize = 100;

/// A seat that is held.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeatOutlook {
    /// The seat.
    seat_id: SeatId,
    /// The side that it leads.
    side: Side,
    /// Primary or deputy.
    kind: SeatKind,
    /// Who holds it.
    person: Option<PersonRef>,
    /// How the person was found.
    selection_method: SelectionMethod,
    /// Last day of the term.
    #[schema(value_type = Option<crate::platform::text::Day>)]
    term_ends_on: Option<NaiveDate>,
    /// Terms that the person has served or begun in such a seat here; acting ones are not counted.
    terms: usize,
    /// Whether it is time to let somebody else lead: the tenure is longer than three terms.
    should_rotate: bool,
    /// How hard the side would be hit if its primary leader left; `null` for deputies.
    succession_risk: Option<SuccessionRisk>,
    /// How many learn this seat as shadows.
    shadows: usize,
    /// Possible successors who are ready to deputise.
    ready_successors: usize,
    /// Possible successors by name, for leaders; `null` for everybody else.
    candidates: Option<Vec<SuccessorShown>>,
    /// How the leader is presented to the members, where the agency appointed.
    presentation: Option<SeatPresentation>,
}

/// Somebody on the bench, or a mentor.
#[derive(Debug, Serialize, ToSchema)]
pub struct BenchMember {
    /// The membership.
    membership_id: MembershipId,
    /// Who that is.
    person: Option<PersonRef>,
    /// The person's side.
    side: Side,
}

/// How well a side is prepared.
#[derive(Debug, Serialize, ToSchema)]
pub struct SideOutlook {
    /// Civilian or police.
    side: Side,
    /// Whether it has a primary leader.
    has_primary: bool,
    /// Whether it has a deputy.
    has_deputy: bool,
    /// Seats that are held.
    leader_seats: usize,
    /// Members at stage `deputy_ready`.
    deputy_ready: usize,
    /// Members ready to deputise per seat; 1 is the aim, `null` where no seat is held.
    bench_strength: Option<f64>,
}

/// How many people came to each stage within the last twelve months.
#[derive(Debug, Serialize, ToSchema)]
pub struct PipelineFlow {
    /// Agreed to be contributors.
    contributor: i64,
    /// Agreed to be task leads.
    task_lead: i64,
    /// Agreed to be ready to deputise.
    deputy_ready: i64,
    /// Took a seat here for the first time.
    leader: i64,
    /// Agreed to be mentors.
    mentor: i64,
}

/// How well led a partnership is. Numbers for whoever is inside; names of those on the way for leaders alone.
#[derive(Debug, Serialize, ToSchema)]
pub struct Leadership {
    /// The partnership.
    partnership_id: PartnershipId,
    /// When this was so.
    as_of: Instant,
    /// The seats that are held, at most four.
    seats: Vec<SeatOutlook>,
    /// Both sides.
    sides: Vec<SideOutlook>,
    /// Seats with a ready successor, of all that are held: from 0 to 1, `null` where none is held.
    succession_coverage: Option<f64>,
    /// Promotions of the last twelve months by stage.
    pipeline_flow: PipelineFlow,
    /// Who is ready to deputise, at most a hundred, for leaders; `null` for everybody else.
    bench: Option<Vec<BenchMember>>,
    /// Who is a mentor, at most a hundred, for leaders; `null` for everybody else.
    mentors: Option<Vec<BenchMember>>,
}

/// Everything read, before it is shown.
struct Read {
    seats: Vec<Seat>,
    shadows: Vec<Shadowing>,
    candidates: Vec<(SeatId, MembershipId, AccountId)>,
    presentations: Vec<Presentation>,
    terms: HashMap<(AccountId, SeatKind), usize>,
    ready: HashSet<AccountId>,
    bench: Vec<overview::Promoted>,
    mentors: Vec<overview::Promoted>,
    flow: HashMap<Stage, i64>,
    new_leaders: usize,
    people: HashMap<AccountId, PersonRef>,
}

fn read(conn: &mut Conn, of: PartnershipId, now: Instant) -> Result<Read> {
    let seats = seats::active(conn, of)?;
    let ids: Vec<SeatId> = seats.iter().map(|seat| seat.id).collect();
    let holders: HashSet<AccountId> = seats.iter().map(|seat| seat.account_id).collect();
    let promoted = overview::promoted(conn, of)?;
    let at = |stage| -> Vec<overview::Promoted> {
        let of_stage = promoted.iter().filter(|(_, account, _, s)| *s == stage && !holders.contains(account));
        of_stage.copied().collect()
    };
    let mentors = at(Stage::Mentor);
    let is_mentor: HashSet<AccountId> = mentors.iter().map(|(_, account, ..)| *account).collect();
    let bench: Vec<_> =
        at(Stage::DeputyReady).into_iter().filter(|(_, account, ..)| !is_mentor.contains(account)).collect();
    let ready = promoted.iter().map(|(_, account, ..)| *account).chain(holders.iter().copied()).collect();
    let candidates = candidates::of_seats(conn, ids.clone())?;
    let presentations = presentations::of_seats(conn, ids)?;
    let since = year_before(now);
    let named = holders
        .iter()
        .copied()
        .chain(candidates.iter().map(|(_, _, account)| *account))
        .chain(presentations.iter().filter_map(|row| row.acknowledged_by_id))
        .chain(bench.iter().take(NAMES).chain(mentors.iter().take(NAMES)).map(|(_, account, ..)| *account));
    let people = people(conn, named.collect::<Vec<_>>())?;
    Ok(Read {
        shadows: shadowings::active(conn, of, now.date())?,
        terms: overview::terms(conn, of, holders.into_iter().collect())?,
        flow: overview::flow(conn, of, since)?,
        new_leaders: overview::new_leaders(conn, of, since)?,
        seats,
        candidates,
        presentations,
        ready,
        bench,
        mentors,
        people,
    })
}

/// The same time of the day twelve months ago.
fn year_before(now: Instant) -> Instant {
    now.utc().checked_sub_months(Months::new(12)).map_or(now, Into::into)
}

impl Read {
    fn person(&self, account: AccountId) -> Option<PersonRef> {
        self.people.get(&account).cloned()
    }

    fn has(&self, side: Side, kind: SeatKind) -> bool {
        self.seats.iter().any(|seat| seat.side == side && seat.kind == kind)
    }

    fn ready_successors(&self, seat: &Seat) -> usize {
        let own = self.candidates.iter().filter(|(of, ..)| *of == seat.id);
        own.filter(|(_, _, account)| self.ready.contains(account)).count()
    }

    fn seat(&self, seat: &Seat, names: bool, now: Instant) -> SeatOutlook {
        let shadows = self.shadows.iter().filter(|s| s.side == seat.side && s.seat_kind == seat.kind).count();
        let terms = self.terms.get(&(seat.account_id, seat.kind)).copied().unwrap_or_default();
        let risk = |ends| succession_risk(ends, now.date(), self.has(seat.side, SeatKind::Deputy), shadows > 0);
        let candidates = self.candidates.iter().filter(|(of, ..)| *of == seat.id);
        let candidates = candidates.map(|(_, membership_id, account)| SuccessorShown {
            membership_id: *membership_id,
            person: self.person(*account),
            is_ready: self.ready.contains(account),
        });
        let presentation = self.presentations.iter().find(|row| row.seat_id == seat.id).map(|row| {
            let by = row.acknowledged_by_id.and_then(|id| self.person(id));
            SeatPresentation::shown(row.clone(), by, now)
        });
        SeatOutlook {
            seat_id: seat.id,
            side: seat.side,
            kind: seat.kind,
            person: self.person(seat.account_id),
            selection_method: seat.selection_method,
            term_ends_on: seat.term_ends_on,
            terms,
            should_rotate: should_rotate(terms),
            succession_risk: seat.term_ends_on.filter(|_| seat.kind == SeatKind::Primary).map(risk),
            shadows,
            ready_successors: self.ready_successors(seat),
            candidates: names.then(|| candidates.collect()),
            presentation,
        }
    }

    fn side(&self, side: Side) -> SideOutlook {
        let leader_seats = self.seats.iter().filter(|seat| seat.side == side).count();
        let deputy_ready = self.bench.iter().filter(|(_, _, of, _)| *of == side).count();
        SideOutlook {
            side,
            has_primary: self.has(side, SeatKind::Primary),
            has_deputy: self.has(side, SeatKind::Deputy),
            leader_seats,
            deputy_ready,
            bench_strength: bench_strength(deputy_ready, leader_seats),
        }
    }

    fn named(&self, rows: &[overview::Promoted]) -> Vec<BenchMember> {
        let member = |(membership_id, account, side, _): &overview::Promoted| BenchMember {
            membership_id: *membership_id,
            person: self.person(*account),
            side: *side,
        };
        rows.iter().take(NAMES).map(member).collect()
    }

    fn came_to(&self, stage: Stage) -> i64 {
        self.flow.get(&stage).copied().unwrap_or_default()
    }
}

/// Reads how well led a partnership is: seats, risks, bench, coverage and flow.
///
/// Whoever is inside reads numbers; leaders also read who is on the bench, who mentors and who could take which seat.
#[utoipa::path(get, path = "/partnerships/{partnership_id}/leadership",
    tag = "leadership", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership.")),
    responses((status = 200, body = Leadership)))]
pub async fn get_leadership(ctx: Ctx, id: Path<PartnershipId>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        actor.person()?;
        let scoped = Scoped::load(conn, actor, id.0, Purpose::Read, now)?;
        policy::demand(actor, &scoped.standing, WHOLE, Action::GetLeadership)?;
        let names = policy::sees_person(&scoped.standing, false);
        let read = read(conn, id.0, now)?;
        let ready: Vec<usize> = read.seats.iter().map(|seat| read.ready_successors(seat)).collect();
        Ok(Found(Leadership {
            partnership_id: id.0,
            as_of: now,
            seats: read.seats.iter().map(|seat| read.seat(seat, names, now)).collect(),
            sides: [Side::Civilian, Side::Police].map(|side| read.side(side)).into(),
            succession_coverage: succession_coverage(&ready),
            pipeline_flow: PipelineFlow {
                contributor: read.came_to(Stage::Contributor),
                task_lead: read.came_to(Stage::TaskLead),
                deputy_ready: read.came_to(Stage::DeputyReady),
                leader: i64::try_from(read.new_leaders).unwrap_or(i64::MAX),
                mentor: read.came_to(Stage::Mentor),
            },
            bench: names.then(|| read.named(&read.bench)),
            mentors: names.then(|| read.named(&read.mentors)),
        }))
    })
    .await
}

crate::operations! {
    get_leadership,
}
