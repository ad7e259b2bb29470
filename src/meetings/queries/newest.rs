//! The newest meetings of a partnership, which is what is listed most: read once and kept until one of its meetings changes.

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
use crate::meetings::queries::rsvps::{OwnBetween, find_own_between};
use crate::partnerships::{Place, own_membership, own_seat, place};
use crate::platform::db::{Asked, Columns, Conn, beside, shaped, together};
use crate::platform::error::{Error, Result};
use crate::platform::faults::is_planted;
use crate::platform::http::DEFAULT_LIMIT;
use crate::schema::{areas, leadership_seats, meeting_series, meeting_stamps, meetings, memberships, partnerships};
use crate::{find_each, on_engine};

/// Bytes that are kept at most.
const KEPT: u64 = 32 << 20;
/// About how many lists that is.
const LISTS: usize = 500;
/// Meetings in a list that is kept: what a page has that nobody asks to be longer, and one by which is known that there are more.
pub const MOST: usize = DEFAULT_LIMIT + 1;

/// A partnership whose meetings are listed, with what is read together with it.
#[derive(Debug)]
pub struct Lister {
    /// The reader's place in it.
    pub place: Place,
    /// Kind and name of its area.
    pub area: (AreaKind, String),
    /// What its meetings are known by; none before the first.
    pub stamp: Option<MeetingStamp>,
    /// Whether some may be of a series.
    pub has_series: bool,
    /// What the reader answered to the meetings that were kept, where some were.
    pub own: Option<OwnBetween>,
}

/// What of a [`Lister`] one row has.
type ListerRow = (Place, (AreaKind, String), Option<MeetingStamp>, bool);

impl Lister {
    fn new((place, area, stamp, has_series): ListerRow, own: Option<OwnBetween>) -> Self {
        Self { place, area, stamp, has_series, own }
    }
}

/// The query for a [`Lister`], for this person.
macro_rules! lister {
    ($id:expr, $person:expr) => {
        partnerships::table
            .inner_join(areas::table.on(areas::id.eq(partnerships::area_id)))
            .left_join(memberships::table.on(own_membership($person)))
            .left_join(leadership_seats::table.on(own_seat($person)))
            .left_join(meeting_stamps::table.on(meeting_stamps::partnership_id.eq(partnerships::id)))
            .filter(partnerships::id.eq($id))
            .select((
                place(),
                (areas::kind, areas::name),
                meeting_stamps::stamp.nullable(),
                exists(meeting_series::table.filter(meeting_series::partnership_id.eq(partnerships::id))),
            ))
    };
}

/// Stands for the statement for whoever has no session.
struct ListerForNobody;

/// The partnerships as each of those who ask lists the meetings of theirs, together with their sessions, and what they answered
/// to the meetings that are likely to be listed.
///
/// # Errors
/// When the database can't be asked.
pub fn find_listers(conn: &mut Conn, kept: &KeptLists, asked: &[Asked]) -> Result<Vec<Option<(Live, Lister)>>> {
    let givens: Vec<_> = asked.iter().map(|asked| asked.givens()).collect();
    let found: Vec<Option<(Live, ListerRow)>> = find_each!(conn, Lister, one of &givens, |[session, account, partnership]| together(
        live(session, account),
        lister!(partnership, account)
    ))?;
    let of = |asked: &Asked| {
        let (first, last) = kept.span(PartnershipId(asked.object))?;
        Some((AccountId(asked.account), first, last))
    };
    let wanted: Vec<_> = asked.iter().map(of).collect();
    let mut own = find_own_between(conn, wanted.iter().copied().flatten().collect())?.into_iter();
    let own = wanted.into_iter().map(|wanted| wanted.and_then(|_| own.next().flatten()));
    let lister = |(found, own): (Option<(Live, ListerRow)>, _)| found.map(|(live, row)| (live, Lister::new(row, own)));
    Ok(found.into_iter().zip(own).map(lister).collect())
}

/// The partnership as whoever has no session lists its meetings.
///
/// # Errors
/// When the database can't be asked.
pub fn find_lister_for_nobody(conn: &mut Conn, id: PartnershipId) -> Result<Option<Lister>> {
    let lister = lister!(id, AccountId::NOBODY);
    let row = on_engine!(conn, |conn| shaped::<ListerForNobody, _>(lister).get_result(conn)).optional()?;
    Ok(row.map(|row| Lister::new(row, None)))
}

/// A meeting in a list that is kept.
#[derive(Debug)]
pub struct KeptMeeting {
    /// Its head, as the stamp stands for.
    pub head: MeetingHead,
    /// What of it is told to all who learn the address in the same place, as it was told, by that place.
    lasting: [OnceLock<Bytes>; AddressTold::ALL.len()],
}

impl KeptMeeting {
    fn new(head: MeetingHead) -> Self {
        Self { head, lasting: Default::default() }
    }

    /// What of it is told to all of these readers, if it was told before.
    pub fn lasting(&self, told: AddressTold) -> Option<&Bytes> {
        self.lasting.get(told as usize)?.get()
    }

    /// Keeps what of it is told to all of these readers. Debug builds demand that it is what was kept before, if anything was.
    ///
    /// # Errors
    /// Where it is not.
    pub fn keep(&self, told: AddressTold, lasting: Bytes) -> Result<()> {
        let place = self.lasting.get(told as usize).ok_or_else(|| Error::fault("a kind of reader has no place"))?;
        let kept = place.get_or_init(|| lasting.clone());
        if cfg!(debug_assertions) && *kept != lasting {
            return Err(Error::fault(format!("one state is told in two ways: {kept:?} and {lasting:?}")));
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
    /// The least and the greatest of their ids.
    span: Option<(MeetingId, MeetingId)>,
}

impl NewestMeetings {
    /// Bytes in memory.
    fn size(&self) -> usize {
        let told = |kept: &KeptMeeting| kept.lasting.iter().filter_map(OnceLock::get).map(Bytes::len).sum::<usize>();
        self.meetings.iter().map(|kept| size_of_val(kept) + told(kept)).sum()
    }
}

/// Stands for the statement of [`read`].
struct Newest;

/// The newest meetings, as a statement that always has the same shape, so that its text is not written out for each request to
/// find out which one it is.
fn read(conn: &mut Conn, partnership: PartnershipId, seen: &[MeetingVisibility]) -> Result<NewestMeetings> {
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
            .limit(i64::try_from(MOST).unwrap_or(i64::MAX))
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
    let meetings: Vec<_> = rows.into_iter().map(|(head, _)| KeptMeeting::new(head)).collect();
    let ids = || meetings.iter().map(|kept| kept.head.id);
    let span = ids().min().zip(ids().max());
    Ok(NewestMeetings { meetings, stamp, span })
}

/// All visibilities, a bit each.
const SEEN: u8 = (1 << MeetingVisibility::ALL.len()) - 1;

/// Which list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Which {
    partnership: PartnershipId,
    /// Visibilities, a bit each.
    seen: u8,
}

/// A list with its size when it was put here: it grows as more of it is told, and the cache has to find what it has counted.
#[derive(Debug, Clone)]
struct Weighed(Arc<NewestMeetings>, usize);

#[derive(Debug, Clone)]
struct BySize;

impl Weighter<Which, Weighed> for BySize {
    fn weight(&self, _: &Which, list: &Weighed) -> u64 {
        // Never nothing: the cache forgets by weight.
        list.1 as u64 + 128
    }
}

/// Lists that were read before, the ones that are asked for most. The database says with what it is asked anyway whether they
/// are so still (`meeting_stamps`), so that no other process and no change of a meeting can make them wrong.
pub struct KeptLists(Cache<Which, Weighed, BySize>);

impl Default for KeptLists {
    fn default() -> Self {
        Self(Cache::with_weighter(LISTS, KEPT, BySize))
    }
}

/// The newest meetings, as they are told to some of their readers.
pub struct Listed<'l> {
    /// Meetings, [`MOST`] of them.
    pub list: Arc<NewestMeetings>,
    /// Whether they were read just now, which may be later than what was read before.
    pub is_new: bool,
    which: Which,
    lists: &'l KeptLists,
}

impl Listed<'_> {
    /// To be called when more of it was told than before.
    pub fn has_grown(&self) {
        if self.list.stamp.is_some() {
            self.lists.0.insert(self.which, Weighed(self.list.clone(), self.list.size()));
        }
    }
}

impl KeptLists {
    /// Between which ids all meetings of this partnership are that are kept, in whatever state.
    fn span(&self, partnership: PartnershipId) -> Option<(MeetingId, MeetingId)> {
        let lists = (1..=SEEN).filter_map(|seen| self.0.peek(&Which { partnership, seen }));
        let spans = lists.filter_map(|Weighed(list, _)| list.span);
        spans.reduce(|(first, last), (other_first, other_last)| (first.min(other_first), last.max(other_last)))
    }

    /// The newest meetings with one of these visibilities, of a partnership that everybody may know of and whose meetings are
    /// known by `stamp`; read only when they are not known by heart. Debug builds read them always, and demand that they are what
    /// was kept.
    ///
    /// # Errors
    /// When the database can't be asked.
    pub fn newest(
        &self,
        conn: &mut Conn,
        partnership: PartnershipId,
        stamp: Option<MeetingStamp>,
        seen: &[MeetingVisibility],
    ) -> Result<Listed<'_>> {
        let which = Which { partnership, seen: seen.iter().fold(0, |bits, one| bits | 1 << *one as u8) };
        let is_so = |kept: &NewestMeetings, stamp| kept.stamp == stamp || is_planted("lists_outlive_stamps");
        let kept = self.0.get(&which).map(|Weighed(list, _)| list);
        if let Some(list) = kept.as_ref().filter(|kept| !cfg!(debug_assertions) && is_so(kept, stamp)) {
            return Ok(Listed { list: list.clone(), is_new: false, which, lists: self });
        }
        let newest = read(conn, partnership, seen)?;
        let list = match kept.filter(|kept| is_so(kept, newest.stamp)) {
            // What was told of it is kept with it, so that debug builds see whether it is told again.
            Some(kept) => {
                let heads =
                    |list: &NewestMeetings| list.meetings.iter().map(|kept| kept.head.clone()).collect::<Vec<_>>();
                if cfg!(debug_assertions) && heads(&kept) != heads(&newest) {
                    return Err(Error::fault(format!("one stamp stands for {kept:?} and for {newest:?}")));
                }
                kept
            }
            None => Arc::new(newest),
        };
        let listed = Listed { list, is_new: true, which, lists: self };
        listed.has_grown();
        Ok(listed)
    }
}
