//! The newest meetings of a partnership, which is what is listed most: read once and kept until one of its meetings changes.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use actix_web::web::Bytes;
use diesel::dsl::exists;
use diesel::prelude::*;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::accounts::{Live, live};
use crate::directory::AreaKind;
use crate::ids::{AccountId, MeetingId, PartnershipId};
use crate::meetings::model::{AddressTold, MeetingHead, MeetingStamp, MeetingVisibility};
use crate::on_engine;
use crate::partnerships::{Place, own_membership, own_seat, place};
use crate::platform::db::{Columns, Conn, beside, shaped, together};
use crate::platform::error::{Error, Result};
use crate::platform::faults::is_planted;
use crate::platform::keys::Claims;
use crate::schema::{areas, leadership_seats, meeting_series, meeting_stamps, meetings, memberships, partnerships};

/// Bytes that are kept at most, about.
const KEPT: u64 = 32 << 20;
/// About how many lists that is.
const LISTS: usize = 500;
/// About how long a meeting is as it is told.
const TOLD: usize = 900;

/// A partnership whose meetings are listed, with what is read together with it.
#[derive(Debug, Queryable)]
pub struct Lister {
    /// The reader's place in it.
    pub place: Place,
    /// Kind and name of its area.
    pub area: (AreaKind, String),
    /// What its meetings are known by; none before the first.
    pub stamp: Option<MeetingStamp>,
    /// Whether some may be of a series.
    pub has_series: bool,
}

/// Stands for the statement for whoever has no session.
struct ListerForNobody;

/// The partnership as whoever has these claims lists its meetings, together with their session.
///
/// # Errors
/// When the database can't be asked.
pub fn find_lister(
    conn: &mut Conn,
    claims: Option<&Claims>,
    id: PartnershipId,
) -> Result<(Option<Live>, Option<Lister>)> {
    let reader = claims.map_or(AccountId::NOBODY, |claims| AccountId(claims.sub));
    let lister = || {
        partnerships::table
            .inner_join(areas::table.on(areas::id.eq(partnerships::area_id)))
            .left_join(memberships::table.on(own_membership(reader)))
            .left_join(leadership_seats::table.on(own_seat(reader)))
            .left_join(meeting_stamps::table.on(meeting_stamps::partnership_id.eq(partnerships::id)))
            .filter(partnerships::id.eq(id))
            .select((
                place(),
                (areas::kind, areas::name),
                meeting_stamps::stamp.nullable(),
                exists(meeting_series::table.filter(meeting_series::partnership_id.eq(id))),
            ))
    };
    let Some(claims) = claims else {
        let lister = on_engine!(conn, |conn| shaped::<ListerForNobody, _>(lister()).get_result::<Lister>(conn));
        return Ok((None, lister.optional()?));
    };
    let both: Option<(Live, Lister)> =
        on_engine!(conn, |conn| shaped::<Lister, _>(together(live(claims), lister())).get_result(conn)).optional()?;
    Ok(both.map_or((None, None), |(live, lister)| (Some(live), Some(lister))))
}

/// A meeting in a list that is kept.
#[derive(Debug)]
pub struct KeptMeeting {
    /// Its head, as the stamp stands for.
    pub head: MeetingHead,
    /// What of it lasts as long as its version does, as it was told, by where its readers learn the address.
    lasting: [OnceLock<Bytes>; AddressTold::ALL.len()],
}

impl KeptMeeting {
    fn new(head: MeetingHead) -> Self {
        Self { head, lasting: Default::default() }
    }

    /// What of it lasts, if it was told before.
    pub fn lasting(&self, told: AddressTold) -> Option<&Bytes> {
        self.lasting.get(told as usize)?.get()
    }

    /// Keeps what of it lasts. Debug builds demand that it is what was kept before, if anything was.
    ///
    /// # Errors
    /// Where it is not.
    pub fn keep(&self, told: AddressTold, lasting: Bytes) -> Result<()> {
        let place = self.lasting.get(told as usize).ok_or_else(|| Error::fault("a kind of reader has no place"))?;
        let kept = place.get_or_init(|| lasting.clone());
        if cfg!(debug_assertions) && *kept != lasting {
            return Err(Error::fault(format!("one version is told in two ways: {kept:?} and {lasting:?}")));
        }
        Ok(())
    }
}

/// The newest meetings of a partnership.
#[derive(Debug, Default)]
pub struct NewestMeetings {
    /// The newest first.
    pub meetings: Vec<KeptMeeting>,
    /// What the partnership's meetings were known by then.
    stamp: Option<MeetingStamp>,
}

impl NewestMeetings {
    /// Takes over how those were told that are as they were. Versions that were lost with a restored backup are given again, and
    /// at another time.
    fn take_over(&mut self, before: &Self) {
        let before: HashMap<MeetingId, &KeptMeeting> =
            before.meetings.iter().map(|kept| (kept.head.id, kept)).collect();
        for KeptMeeting { head, lasting } in &mut self.meetings {
            let same = |other: &&&KeptMeeting| {
                (other.head.version, other.head.updated_at) == (head.version, head.updated_at)
                    || is_planted("fragments_outlive_versions")
            };
            if let Some(other) = before.get(&head.id).filter(same) {
                lasting.clone_from(&other.lasting);
            }
        }
    }
}

/// Stands for the statement of [`read`].
struct Newest;

/// The newest meetings, as a statement that always has the same shape, so that its text is not written out for each request to
/// find out which one it is.
fn read(conn: &mut Conn, partnership: PartnershipId, seen: &[MeetingVisibility], most: i64) -> Result<NewestMeetings> {
    let [first, rest @ ..] = seen else { return Ok(NewestMeetings::default()) };
    let other = |n: usize| *rest.get(n).unwrap_or(first);
    let visible = || {
        let one = meetings::visibility.eq(*first).or(meetings::visibility.eq(other(0)));
        beside(one.or(meetings::visibility.eq(other(1))))
    };
    let newest = || {
        meetings::table
            .filter(meetings::partnership_id.eq(partnership).and(visible()))
            .order((meetings::starts_at.desc(), meetings::id.desc()))
            .limit(most)
            .select((
                MeetingHead::columns(),
                meeting_stamps::table
                    .filter(meeting_stamps::partnership_id.eq(partnership))
                    .select(meeting_stamps::stamp)
                    .single_value(),
            ))
    };
    let rows: Vec<(MeetingHead, Option<MeetingStamp>)> =
        on_engine!(conn, |conn| shaped::<Newest, _>(newest()).load(conn))?;
    let stamp = rows.first().and_then(|(_, stamp)| *stamp);
    Ok(NewestMeetings { meetings: rows.into_iter().map(|(head, _)| KeptMeeting::new(head)).collect(), stamp })
}

/// Which list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Which {
    partnership: PartnershipId,
    /// Visibilities, a bit each.
    seen: u8,
    most: i64,
}

#[derive(Debug, Clone)]
struct ByLength;

impl Weighter<Which, Arc<NewestMeetings>> for ByLength {
    fn weight(&self, _: &Which, kept: &Arc<NewestMeetings>) -> u64 {
        // Never nothing: the cache forgets by weight.
        (kept.meetings.len() * (size_of::<KeptMeeting>() + TOLD)) as u64 + 128
    }
}

/// Lists that were read before, the ones that are asked for most. The database says with what it is asked anyway whether they
/// are so still (`meeting_stamps`), so that no other process and no change can make them wrong.
pub struct KeptLists(Cache<Which, Arc<NewestMeetings>, ByLength>);

impl Default for KeptLists {
    fn default() -> Self {
        Self(Cache::with_weighter(LISTS, KEPT, ByLength))
    }
}

impl KeptLists {
    /// The newest meetings with one of these visibilities, `most` of them, of a partnership that everybody may know of and whose
    /// meetings are known by `stamp`; read only when they are not known by heart. Debug builds read them always, and demand that
    /// they are what was kept.
    ///
    /// # Errors
    /// When the database can't be asked.
    pub fn newest(
        &self,
        conn: &mut Conn,
        partnership: PartnershipId,
        stamp: Option<MeetingStamp>,
        seen: &[MeetingVisibility],
        most: i64,
    ) -> Result<Arc<NewestMeetings>> {
        let which = Which { partnership, seen: seen.iter().fold(0, |bits, one| bits | 1 << *one as u8), most };
        let is_so = |kept: &NewestMeetings, stamp| kept.stamp == stamp || is_planted("lists_outlive_stamps");
        let kept = self.0.get(&which);
        if !cfg!(debug_assertions)
            && let Some(kept) = kept.as_ref().filter(|kept| is_so(kept, stamp))
        {
            return Ok(kept.clone());
        }
        let mut newest = read(conn, partnership, seen, most)?;
        if let Some(kept) = kept {
            newest.take_over(&kept);
            let heads = |list: &NewestMeetings| list.meetings.iter().map(|kept| kept.head.clone()).collect::<Vec<_>>();
            if cfg!(debug_assertions) && is_so(&kept, newest.stamp) && heads(&kept) != heads(&newest) {
                return Err(Error::fault(format!("one stamp stands for {kept:?} and for {newest:?}")));
            }
        }
        let newest = Arc::new(newest);
        if newest.stamp.is_some() {
            self.0.insert(which, newest.clone());
        }
        Ok(newest)
    }
}
