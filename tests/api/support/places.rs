//! Areas and duties, made directly.

use diesel::prelude::*;
use threekeys::ids::{AgencyId, AreaId};
use threekeys::platform::db::AnyId;
use threekeys::schema::{area_ancestors, areas, assignments};

use super::{App, Person};

impl App {
    /// A city of the agency with one district, without outlines. Gives the district.
    pub async fn district(&self, agency: AgencyId) -> AreaId {
        let city = self.area(agency, None, "city").await;
        self.area(agency, Some(city), "district").await
    }

    /// An area of a kind within another.
    pub async fn area(&self, agency: AgencyId, parent: Option<AreaId>, kind: &'static str) -> AreaId {
        let (id, now) = (AreaId::new(), self.now());
        let name = format!("{kind} {id}");
        let row = (
            areas::id.eq(id),
            areas::agency_id.eq(agency),
            areas::parent_id.eq(parent),
            areas::kind.eq(kind),
            areas::name.eq(name.clone()),
            areas::name_key.eq(name),
            areas::version.eq(1_i64),
            areas::created_at.eq(now),
            areas::updated_at.eq(now),
        );
        self.db(move |conn| {
            diesel::insert_into(areas::table).values(row).execute(conn)?;
            let mut above: Vec<(AreaId, i32)> = match parent {
                None => Vec::new(),
                Some(parent) => area_ancestors::table
                    .filter(area_ancestors::area_id.eq(parent))
                    .select((area_ancestors::ancestor_id, area_ancestors::depth))
                    .load(conn)?,
            };
            above.iter_mut().for_each(|(_, depth)| *depth += 1);
            above.push((id, 0));
            for (ancestor, depth) in above {
                diesel::insert_into(area_ancestors::table)
                    .values((
                        area_ancestors::area_id.eq(id),
                        area_ancestors::ancestor_id.eq(ancestor),
                        area_ancestors::depth.eq(depth),
                    ))
                    .execute(conn)?;
            }
            Ok(())
        })
        .await;
        id
    }

    /// Puts an officer on duty in an area: role `officer`, `commander` or `delegate`.
    pub async fn assign(&self, person: &Person, area: AreaId, role: &'static str) {
        let (id, now, account) = (AnyId::new(), self.now(), person.id);
        let row = (
            assignments::id.eq(id),
            assignments::area_id.eq(area),
            assignments::account_id.eq(account),
            assignments::role.eq(role),
            assignments::starts_on.eq(now.date()),
            assignments::is_public.eq(true),
            assignments::version.eq(1_i64),
            assignments::created_at.eq(now),
            assignments::updated_at.eq(now),
        );
        self.db(move |conn| diesel::insert_into(assignments::table).values(row).execute(conn)).await;
    }

    /// An officer on duty in the area.
    pub async fn officer_on_duty(&self, agency: AgencyId, area: AreaId) -> Person {
        let officer = self.officer(agency).await;
        self.assign(&officer, area, "officer").await;
        officer
    }

    /// The commander of the area.
    pub async fn commander_of(&self, agency: AgencyId, area: AreaId) -> Person {
        let commander = self.commander(agency).await;
        self.assign(&commander, area, "commander").await;
        commander
    }
}
