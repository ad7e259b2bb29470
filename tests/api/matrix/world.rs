//! A partnership with everything that an operation may be about, somebody of each kind around it, and a request for each
//! operation of the description that gets as far as the operation's policy.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};
use threekeys::accounts::Persona;
use threekeys::permissions;
use threekeys::platform::openapi::Description;
use threekeys::platform::policy::Decision;

use crate::support::deciding::decision_body;
use crate::support::forming::{Formed, objective, plan, proposal};
use crate::support::people::PASSWORD;
use crate::support::spec::resolve;
use crate::support::world::{meeting_body, visit_body};
use crate::support::{Answer, App, Person};

/// A partnership with everything that an operation may be about, and somebody of each kind around it.
pub struct World {
    pub p: Formed,
    pub personas: HashMap<Persona, Option<Person>>,
    pub ids: HashMap<&'static str, String>,
    /// An open invitation to each persona.
    pub invitations: HashMap<Persona, String>,
}

/// An operation of the description: id, method, path template, its object.
pub type Operation<'a> = (&'a str, &'a str, &'a str, &'a Value);

/// Names of path parameters, and what they stand for here.
fn parameter(world: &World, persona: Persona, name: &str) -> String {
    match name {
        "invitation_id" => world.invitations.get(&persona).unwrap_or(&world.ids["membership_invitation"]).clone(),
        _ => world.ids.get(name).unwrap_or_else(|| panic!("the matrix does not know {name}")).clone(),
    }
}

pub async fn world(app: &App) -> World {
    let p = app.with_mission().await;
    let (goal, objective) = app.adopted_goal(&p).await;
    let adopted_plan = app.adopted_plan(&p).await;
    let third = app.citizen().await;
    let third_membership = app.join(&p, &third, &p.resident).await;
    let seat = json!({"membership_id": third_membership, "kind": "deputy", "selection_method": "consensus"});
    let seat = app.post(p.path("/seats")).by(&p.resident).json(seat).send().await.expect(201).id();
    let communication_plan = app.draft_plan(&p, &p.resident, "members").await;
    let waiver = json!({"item": "resources_reviewed", "reason": "The city pays for every lamp."});
    let agreement = app.post(p.path("/waivers")).by(&p.resident).json(waiver).send().await.expect(201).id();
    let version = app.get(format!("/goals/{goal}")).send().await.expect(200).version();
    let amendment =
        json!({"reason": "It counts more than we thought.", "objectives": [{"objective_id": objective, "weight": 4}]});
    let amendment = app.post(format!("/goals/{goal}/amendments")).by(&p.resident).if_match(version).json(amendment);
    let amendment = amendment.send().await.expect(201).id();
    let text = json!({"text": "A second mission that is being decided on."});
    let [shadowing, promotion, plan] = on_the_way(app, &p, &third_membership).await;
    let mission = app.post(p.path("/missions")).by(&p.resident).json(text).send().await.expect(201).id();
    let decision = app.called(&p, json!({})).await;
    app.stance(&decision, &third, 1, "block").send().await.expect(200);
    let block = app.get(format!("/decisions/{decision}/blocks")).by(&p.resident).send().await.expect(200);
    let block = block.items()[0]["id"].as_str().unwrap().to_owned();
    let former = app.citizen().await;
    let membership = app.join(&p, &former, &p.resident).await;
    app.post(format!("/memberships/{membership}/leave")).by(&former).if_match(2).send().await.expect(200);
    let (need, partner, pledge) = resources(app, &p, &goal).await;
    let elsewhere = app.district(p.agency).await;
    let other_agency = app.agency().await;
    let other_area = app.district(other_agency).await;
    let target = app.officer(p.agency).await;
    let admin = app.administrator().await;
    let invited = json!({"email": format!("{}@example.org", uuid::Uuid::now_v7().simple()), "kind": "officer", "agency_id": p.agency.to_string()});
    let invitation = app.post("/invitations").by(&admin).fresh_key().json(invited).send().await.expect(201).id();
    let duty = app.officer(p.agency).await;
    let duty = json!({"account_id": duty.id, "role": "officer", "starts_on": "2027-03-01", "is_public": false});
    let duty = app.post(format!("/areas/{}/assignments", p.area)).by(&admin).json(duty).send().await.expect(201).id();
    let link =
        json!({"agency_id": p.agency, "group": "crime_prevention", "title": "Watch", "url": "https://a.example"});
    let link = app.post("/resource-links").by(&admin).json(link).send().await.expect(201).id();
    let soon = json!({"starts_local": "2027-03-01T12:30", "ends_local": "2027-03-01T14:00"});
    let meeting = app.post(p.path("/meetings")).by(&p.resident).json(meeting_body(soon));
    let meeting = meeting.send().await.expect(201).id();
    let series = app.post(p.path("/meeting-series")).by(&p.resident).json(series_body());
    let series = series.send().await.expect(201).id();
    let of_meeting = |rest: &str| format!("/meetings/{meeting}{rest}");
    app.post(of_meeting("/start")).by(&p.resident).if_match(1).send().await.expect(200);
    let calendar = app.post("/account/calendar-address").by(&third).send().await.expect(201);
    let calendar = calendar.str("calendar_url").split('/').rev().nth(1).unwrap().to_owned();
    let minutes = json!({"text": "What was said.", "visibility": "public"});
    app.put(of_meeting("/minutes")).by(&p.resident).json(minutes).send().await.expect(201);
    let agenda_item = json!({"title": "Lamps behind the laundry", "kind": "discuss", "minutes": 10,
        "links": [{"title": "Survey", "url": "https://lights.example.org/survey"}]});
    let agenda_item =
        app.post(of_meeting("/agenda/items")).by(&p.resident).json(agenda_item).send().await.expect(201).id();
    app.post(of_meeting("/adjourn")).by(&p.resident).if_match(2).send().await.expect(200);
    app.post(of_meeting("/minutes/circulate")).by(&p.resident).if_match(1).send().await.expect(200);
    let wish = json!({"passage": "What was said", "proposal": "Who said it, too."});
    let wish = app.post(of_meeting("/minutes/correction-requests")).by(&third).json(wish).send().await.expect(201).id();
    let item = json!({"what": "Call the lamp office", "assignee_id": third.id, "due_on": "2027-04-01"});
    let item = app.post(of_meeting("/action-items")).by(&p.resident).json(item).send().await.expect(201).id();
    let visit = json!({"group_kind": "partnership", "partnership_id": p.id,
        "commitments": [{"what": "A walk.", "due_on": "2027-03-20"}]});
    let log = app.post("/officer-logs").by(&p.officer).json(visit_body(p.area, visit)).send().await.expect(201);
    let visit = log.body["visit_id"].as_str().unwrap().to_owned();
    let commitment = log.body["parts"][0]["commitment_id"].as_str().unwrap().to_owned();
    let log = log.id();
    let own = json!({"group_name": "Merchants", "start": "08:00", "end": "09:00",
        "follow_ups": [{"what": "Send the map.", "due_on": "2027-03-20"}]});
    let own = app.post("/officer-logs").by(&p.officer).json(visit_body(p.area, own)).send().await.expect(201);
    let follow_up = own.body["parts"][0]["id"].as_str().unwrap().to_owned();
    let schedule =
        app.post(format!("/areas/{}/group-schedules", p.area)).by(&p.commander).json(schedule_body("Merchants"));
    let schedule = schedule.send().await.expect(201).id();
    let [task, commendation] = helping(app, &p, &third).await;
    let personas: HashMap<Persona, Option<Person>> = HashMap::from([
        (Persona::Anonymous, None),
        (Persona::CitizenOutside, Some(app.citizen().await)),
        (Persona::Member, Some(p.neighbor.clone())),
        (Persona::CivilianLeader, Some(p.resident.clone())),
        (Persona::PoliceLeader, Some(p.officer.clone())),
        (Persona::FormerMember, Some(former)),
        (Persona::OfficerOnDuty, Some(app.officer_on_duty(p.agency, p.area).await)),
        (Persona::OfficerElsewhere, Some(app.officer_on_duty(p.agency, elsewhere).await)),
        (Persona::Commander, Some(p.commander.clone())),
        (Persona::CommanderElsewhere, Some(app.commander_of(other_agency, other_area).await)),
        (Persona::AgencyStaff, Some(app.staff(other_agency).await)),
        (Persona::Administrator, Some(admin)),
    ]);
    assert_eq!(personas.len(), Persona::ALL.len());
    let mut invitations = HashMap::new();
    for (persona, person) in &personas {
        if let Some(person) = person {
            let made =
                app.post(p.path("/invitations")).by(&p.resident).fresh_key().json(json!({"email": person.email}));
            invitations.insert(*persona, made.send().await.expect(201).id());
        }
    }
    let waiting = app
        .post(p.path("/invitations"))
        .by(&p.resident)
        .fresh_key()
        .json(json!({"email": format!("{}@example.org", uuid::Uuid::now_v7().simple())}));
    let waiting = waiting.send().await.expect(201).id();
    // Proposed by nobody whom anybody here knows, where nobody of them is on duty.
    let nowhere = app.agency().await;
    let nowhere = app.district(nowhere).await;
    let proposer = app.citizen().await;
    let unseen = app.post("/partnerships").by(&proposer).json(proposal(nowhere, "Unseen and unheard")).send().await;
    let unseen = unseen.expect(201).id();
    let later = json!({"starts_local": "2027-03-05T12:30", "ends_local": "2027-03-05T14:00", "visibility": "leaders"});
    let inner = app.post(p.path("/meetings")).by(&p.resident).json(meeting_body(later)).send().await.expect(201).id();
    // Whoever may ask to join is told that this one is over, so that nobody's standing changes.
    let closed = app.forming().await;
    let closed_id: uuid::Uuid = closed.id.parse().unwrap();
    app.db(move |conn| {
        use diesel::prelude::*;
        use threekeys::schema::partnerships;
        diesel::update(partnerships::table.find(threekeys::ids::PartnershipId(closed_id)))
            .set(partnerships::state.eq("closed"))
            .execute(conn)
    })
    .await;
    let ids = HashMap::from([
        ("closed_partnership", closed.id.clone()),
        ("hidden_partnership", unseen),
        ("hidden_meeting", inner),
        ("partnership_id", p.id.clone()),
        ("account_id", target.id.to_string()),
        ("membership_id", third_membership),
        ("membership_invitation", waiting),
        ("account_invitation", invitation),
        ("seat_id", seat),
        ("shadowing_id", shadowing),
        ("promotion_id", promotion),
        ("development_plan_id", plan),
        ("agreement_id", agreement),
        ("communication_plan_id", communication_plan),
        ("adopted_plan", adopted_plan),
        ("mission_id", mission),
        ("decision_id", decision),
        ("block_id", block),
        ("goal_id", goal),
        ("amendment_id", amendment),
        ("objective_id", objective),
        ("need_id", need),
        ("partner_id", partner),
        ("pledge_id", pledge),
        ("area_id", p.area.to_string()),
        ("agency_id", p.agency.to_string()),
        ("assignment_id", duty),
        ("resource_link_id", link),
        ("meeting_id", meeting),
        ("agenda_item_id", agenda_item),
        ("series_id", series),
        ("calendar_token", calendar),
        ("attendee", third.id.to_string()),
        ("correction_request_id", wish),
        ("minutes_correction_id", uuid::Uuid::now_v7().to_string()),
        ("action_item_id", item),
        ("officer_log_id", log),
        ("officer_visit_id", visit),
        ("commitment_id", commitment),
        ("follow_up_id", follow_up),
        ("group_schedule_id", schedule),
        ("task_id", task),
        ("commendation_id", commendation),
    ]);
    World { p, personas, ids, invitations }
}

/// A need that is asked for openly, an organisation that has joined because of it, and a member's pledge.
async fn resources(app: &App, p: &Formed, goal: &str) -> (String, String, String) {
    let need = app.post(p.path("/needs")).by(&p.resident).json(need_body(goal)).send().await.expect(201).id();
    app.post(format!("/needs/{need}/request")).by(&p.resident).if_match(1).send().await.expect(200);
    let email = format!("{}@example.org", uuid::Uuid::now_v7().simple());
    let partner = json!({"name": "Central Avenue Merchants", "sector": "business_or_merchant_association",
        "contact_name": "Rosa Delgado", "contact_email": email, "contact_phone": "+19135550188", "need_id": need});
    let partner = app.post(p.path("/partners")).by(&p.resident).fresh_key().json(partner).send().await.expect(201).id();
    let code = json!({"token": app.mailed_code(&email, "tko_").await});
    let merchant = app.citizen().await;
    app.post("/partner-invitations/accept").by(&merchant).json(code).send().await.expect(200);
    let pledges = format!("/needs/{need}/pledges");
    let pledge = json!({"quantity": 5, "note": "From my shed.", "partner_id": null});
    let pledge = app.post(pledges).by(&p.resident).json(pledge).send().await.expect(201).id();
    (need, partner, pledge)
}

pub fn need_body(goal: &str) -> Value {
    json!({"kind": "material", "title": "Lamps for the alleys", "quantity": 30, "unit": "lamps", "due_on": "2027-06-30",
        "goal_id": goal, "why": "The city mounts none where none were.", "plan": "Ask the lamp works again."})
}

/// A civilian who is on the way to leading: asked to be a shadow, with a promotion suggested and a plan, whose mentor is asked.
async fn on_the_way(app: &App, p: &Formed, mentor: &str) -> [String; 3] {
    let learner = app.citizen().await;
    let membership = app.join(p, &learner, &p.resident).await;
    let held = app.get(p.path("")).by(&p.resident).send().await.expect(200);
    let held = held.body["own"]["seat_id"].as_str().unwrap().to_owned();
    let shadow = json!({"membership_id": membership, "months": 3});
    let shadowing =
        app.post(format!("/seats/{held}/shadows")).by(&p.resident).json(shadow).send().await.expect(201).id();
    let plan = json!({"aims": "Chair a meeting.", "opportunities": ["The watch walk"], "mentor_membership_id": mentor});
    let plan = app.post(format!("/memberships/{membership}/development-plans")).by(&p.resident).json(plan);
    let plan = plan.send().await.expect(201).id();
    // What a rule sees comes from what people do; here it is enough that there is one.
    let promotion = promoted(app, p, &membership, &learner, "contributor", "suggested").await;
    [shadowing, promotion, plan]
}

/// A promotion of the member, as if the rule had suggested it, and the rest had followed where it was agreed to.
pub async fn promoted(
    app: &App,
    p: &Formed,
    membership: &str,
    who: &Person,
    stage: &'static str,
    state: &'static str,
) -> String {
    use diesel::prelude::*;
    use threekeys::ids::{MembershipId, PartnershipId};
    use threekeys::platform::db::{AnyId, Json};
    use threekeys::schema::promotions;
    let facts = json!({"service": {"verified_tasks": 1, "led_tasks": 0, "facilitated_items": 0},
        "orientation_done": false, "willing_to_lead": false, "willing_to_mentor": false, "holds_seat": false,
        "held_seat": false});
    let (id, now) = (uuid::Uuid::now_v7(), app.now());
    let agreed = (state == "agreed").then_some(now);
    let row = (
        (
            promotions::id.eq(AnyId(id)),
            promotions::partnership_id.eq(PartnershipId(p.id.parse().unwrap())),
            promotions::membership_id.eq(MembershipId(membership.parse().unwrap())),
            promotions::account_id.eq(who.id),
            promotions::side.eq("civilian"),
            promotions::stage.eq(stage),
            promotions::state.eq(state),
        ),
        (
            promotions::facts.eq(Json(facts)),
            promotions::confirmed_by_id.eq(agreed.map(|_| p.resident.id)),
            promotions::confirmed_at.eq(agreed),
            promotions::answered_at.eq(agreed),
            promotions::version.eq(1_i64),
            promotions::created_at.eq(now),
            promotions::updated_at.eq(now),
        ),
    );
    app.db(move |conn| diesel::insert_into(promotions::table).values(row).execute(conn)).await;
    id.to_string()
}

/// A group that meets on the first Monday of the month.
fn schedule_body(group: &str) -> Value {
    json!({"group_kind": "business_merchant_association", "group_name": group, "rule": "FREQ=MONTHLY;BYDAY=1MO",
        "starts_local": "2027-03-01T18:00"})
}

/// Two meetings, a week apart.
fn series_body() -> Value {
    let mut body = meeting_body(json!({"starts_local": "2027-03-04T12:30", "ends_local": "2027-03-04T14:00"}));
    body["rule"] = json!("FREQ=WEEKLY;COUNT=2");
    body
}

/// A task that a member wrote and nobody has, and thanks of theirs that all members read.
async fn helping(app: &App, p: &Formed, by: &Person) -> [String; 2] {
    let task = json!({"title": "Walk the alleys", "description": "Note every lamp that is out.", "effort_hours": 2,
        "required_skills": [{"skill": "Counting", "min_level": 1}], "topics": ["Street lighting"]});
    let task = app.post(p.path("/tasks")).by(by).json(task).send().await.expect(201).id();
    let thanks = json!({"account_id": p.neighbor.id, "reason": "hours", "text": "Every walk.", "is_public": true});
    let thanks = app.post(p.path("/commendations")).by(by).json(thanks).send().await.expect(201).id();
    [task, thanks]
}

/// A body with which the request gets as far as the policy. Operations that have none answer `None`.
pub fn body(world: &World, operation: &str) -> Option<Value> {
    let nobody = "nobody@example.org";
    let email = format!("{}@example.org", uuid::Uuid::now_v7().simple());
    let token = "tkx_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    Some(match operation {
        "register_account" => {
            json!({"email": email, "password": PASSWORD, "display_name": "X", "is_13_or_older": true})
        }
        "verify_email" => json!({"token": token, "password": PASSWORD}),
        "request_email_verification" | "request_password_reset" => json!({"email": nobody}),
        "log_in" => json!({"email": email, "password": PASSWORD}),
        "refresh_session" => json!({"refresh_token": token}),
        "reset_password" => json!({"token": token, "new_password": PASSWORD}),
        "accept_invitation" | "bootstrap_installation" => {
            json!({"token": token, "email": email, "password": PASSWORD, "display_name": "X"})
        }
        "change_password" => json!({"current_password": "not the password", "new_password": PASSWORD}),
        "step_up_session" => json!({"password": "not the password"}),
        "begin_authenticator" => json!({}),
        "confirm_authenticator" => json!({"code": "000000"}),
        "close_own_account" => json!({"password": "not the password"}),
        "update_own_account" | "update_own_profile" | "update_account" | "renew_verification" => json!({}),
        "suspend_account" | "reinstate_account" | "close_account" | "reset_authenticator" => {
            json!({"reason": "Because."})
        }
        "create_invitation" => json!({"email": email, "kind": "officer", "agency_id": world.p.agency.to_string()}),
        "create_agency" => json!({"name": "Another", "kind": "other", "time_zone": "America/Chicago", "emergency":
            {"emergency": "911", "text_to_911": true, "non_emergency": "+19135963000", "languages": ["en"]}}),
        "create_area" => json!({"agency_id": world.p.agency, "kind": "city", "name": "Another"}),
        "create_resource_link" => json!({"agency_id": world.p.agency, "group": "crime_prevention", "title": "Another",
            "url": "https://another.example"}),
        "create_assignment" => json!({"account_id": world.ids["account_id"], "role": "officer",
            "starts_on": "2027-03-01", "is_public": false}),
        "update_agency" | "update_area" | "update_resource_link" | "update_assignment" => json!({}),
        "propose_partnership" => proposal(world.p.area, "Another"),
        "update_partnership" | "update_goal" | "update_objective" => json!({}),
        "decline_partnership" | "remove_membership" => json!({"reason": "Because."}),
        "request_membership" => json!({}),
        "update_membership" => json!({"role": "secretary"}),
        "invite_member" => json!({"email": email}),
        "nominate_leader" => {
            json!({"membership_id": world.ids["membership_id"], "kind": "deputy", "selection_method": "consensus"})
        }
        "create_communication_plan" => plan(&world.p.resident, &world.p.officer, "public"),
        "update_communication_plan" => json!({}),
        "propose_waiver" => json!({"item": "member_profile", "reason": "Nobody likes to fill in forms."}),
        "propose_closing" => json!({"reason": "other", "statement": "The city goes on with it from now on.",
            "left_open": [{"kind": "task", "id": world.ids["goal_id"], "disposition": "dropped", "note": "Nobody."}]}),
        "propose_reactivation" => json!({"meeting_id": world.ids["meeting_id"]}),
        "propose_confirmation" => json!({"roster": true, "area": true, "contacts": true, "plan": true}),
        "suspend_partnership" => json!({"reason": "Because.", "review_on": "2027-04-01"}),
        "lift_suspension" => json!({"reason": "Because."}),
        "end_seat" => json!({"end_reason": "moved"}),
        "hand_over_seat" => json!({"membership_id": world.ids["membership_id"]}),
        "acknowledge_seat" => json!({}),
        "name_successors" => json!({"membership_ids": [world.ids["membership_id"]]}),
        "assign_shadow" => json!({"membership_id": world.ids["membership_id"], "months": 3}),
        "state_readiness" => json!({"willing_to_lead": true, "willing_to_mentor": false}),
        "create_development_plan" => json!({"aims": "Lead a walk of my own."}),
        "update_development_plan" => json!({}),
        "review_development_plan" => json!({"note": "Two walks led, a third is planned."}),
        "propose_mission" => json!({"text": "One more mission, with enough words."}),
        "update_mission" | "propose_goal" => json!({}),
        "name_contributor" => json!({"account_id": world.ids["account_id"]}),
        "create_decision" => decision_body(json!({})),
        "update_decision" | "open_final_call" => json!({}),
        "amend_decision" | "propose_correction" => json!({"text": "We ask the city for nine lamps and a bench."}),
        "cast_stance" => json!({"text_number": 1, "level": "endorse"}),
        "reaffirm_stance" => json!({"text_number": 1}),
        "challenge_block" | "sustain_block" | "dismiss_block" | "address_block" | "withdraw_decision"
        | "review_decision" | "reaffirm_decision" | "rescind_decision" => json!({"reason": "Because."}),
        "decide_by_advice" => json!({"adopt": true, "reason": "Because it is so."}),
        "put_decision_outcome" => json!({"statement": "We ask for lamps."}),
        "propose_amendment" => json!({"reason": "It counts more than we thought.",
            "objectives": [{"objective_id": world.ids["objective_id"], "weight": 5}]}),
        "create_goal" => {
            json!({"title": "Another goal", "description": "With enough words in it.", "target_on": "2027-11-30"})
        }
        "close_goal" => json!({"result": "achieved", "assessment": "It was reached, as all can see."}),
        "create_objective" => objective(),
        "record_measurement" => json!({"value": 9, "measured_on": "2027-02-28", "source": "Calls for service"}),
        "create_need" => need_body(&world.ids["goal_id"]),
        "withdraw_need" | "decline_pledge" | "withdraw_pledge" | "end_partner" => json!({"reason": "Because."}),
        "review_needs" => json!({"nothing_needed": false}),
        "offer_pledge" => json!({"quantity": 3}),
        "record_delivery" => json!({"quantity": 3, "delivered_on": "2027-03-01"}),
        "invite_partner" => {
            json!({"name": format!("Merchants {}", uuid::Uuid::now_v7()), "sector": "faith", "contact_email": email})
        }
        "update_need" | "update_partner" => json!({}),
        "accept_partner_invitation" | "decline_partner_invitation" => {
            json!({"token": "tko_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})
        }
        "schedule_meeting" => meeting_body(json!({})),
        "create_meeting_series" => series_body(),
        "split_meeting_series" => json!({"from": "2027-03-11T12:30", "starts_local": "2027-03-11T13:30",
            "ends_local": "2027-03-11T14:00"}),
        "request_notice_subscription" => json!({"email": nobody}),
        "confirm_notice_subscription" | "renew_notice_subscription" | "leave_notice_subscription" => {
            json!({"token": token})
        }
        "update_meeting" | "update_action_item" | "update_meeting_series" => json!({}),
        "cancel_meeting" | "cancel_meeting_series" | "dispute_officer_log" | "drop_action_item" => {
            json!({"reason": "Because."})
        }
        "answer_rsvp" => json!({"answer": "no"}),
        "set_meeting_reminders" => json!({"is_on": false}),
        "answer_rsvp_link" => json!({"token": token, "answer": "no"}),
        "record_attendance" => json!({"account_id": world.ids["account_id"]}),
        "record_presence" => json!({"arrived_at": null, "left_at": null}),
        "record_head_count" => json!({"side": "civilian", "organisation_kind": "residents_group", "count": 7}),
        "write_minutes" => json!({"text": "What was said, again.", "visibility": "public",
            "redactions": [{"passage": "again", "reason": "other"}]}),
        "create_correction_request" => json!({"passage": "said", "proposal": "Written, not said."}),
        "decline_correction_request" => json!({"reason": "Because."}),
        "redact_minutes" => json!({"redactions": [{"passage": "again", "reason": "other"}], "reason": "Because."}),
        "correct_minutes" => json!({"text": "Ten were there.", "reason": "Because."}),
        "check_in" => json!({"code": "AAAAAAA"}),
        "propose_agenda_item" => json!({"title": "A bench", "kind": "decide", "minutes": 15,
            "links": [{"title": "Benches", "url": "https://benches.example.org"}]}),
        "update_agenda_item" | "update_agenda" | "accept_agenda_item" | "defer_agenda_item" => json!({}),
        "decline_agenda_item" => json!({"reason": "Because."}),
        "set_open_meetings_policy" | "end_open_meetings_policy" => json!({"reason": "Because it is so."}),
        "call_decision_in_meeting" => json!({"decision_id": world.ids["decision_id"], "text_number": 1}),
        "record_decision_by_voice" => json!({"text_number": 1, "civilian": {"endorse": 1}, "police": {"endorse": 1},
            "positions": [{"account_id": world.ids["attendee"], "level": "endorse"}]}),
        "recess_meeting" => json!({"motion": "I move that we recess.", "mover_id": world.ids["attendee"],
            "seconder_id": world.ids["account_id"], "carried": true, "justification": "real_property",
            "subjects": "The hall.", "resumes_at": "2027-03-01T19:00:00Z", "resume_place": "The hall"}),
        "create_action_item" => json!({"what": "Call again", "due_on": "2027-04-01", "no_owner_found": true}),
        "create_task" => json!({"title": "Call the lamp office", "description": "Ask for a survey.", "effort_hours": 1,
            "required_skills": [{"skill": "Patience", "min_level": 2}], "topics": ["Street lighting"]}),
        "update_task" => json!({}),
        "cancel_task" | "allow_task_overlap" => json!({"reason": "Because."}),
        "offer_task" => json!({"account_id": world.ids["attendee"], "reason": "Has the time."}),
        "complete_task" => json!({"hours": 2.5}),
        "verify_task" => json!({}),
        "add_skill" => json!({"skill": format!("Skill {}", uuid::Uuid::now_v7().simple())}),
        "commend_member" => json!({"account_id": world.ids["attendee"], "reason": "role", "text": "Always there."}),
        "log_meeting" => visit_body(world.p.area, json!({})),
        "log_meetings" => {
            let group = format!("Watch {}", uuid::Uuid::new_v4());
            json!({"logs": [visit_body(world.p.area, json!({"group_name": group}))]})
        }
        "create_group_schedule" => schedule_body(&format!("Merchants {}", uuid::Uuid::new_v4())),
        "break_commitment" | "release_commitment" => json!({"reason": "Because."}),
        "renegotiate_commitment" => json!({"due_on": "2027-04-20", "reason": "Because."}),
        "amend_officer_log" => json!({"reason": "Because.", "no_cji_attestation": true, "mood": 3}),
        _ => return None,
    })
}

/// Operations with bodies in parts, each of which is answered by itself, and where the first part is.
const IN_PARTS: [(&str, &str); 1] = [("log_meetings", "/logs/0")];

/// Where the first part of the operation's body is, if each part is answered by itself. The whole is answered with 200
/// whatever becomes of the parts, and that answer is kept for repeats.
pub fn first_part(operation: &str) -> Option<&'static str> {
    IN_PARTS.into_iter().find(|(id, _)| *id == operation).map(|(_, part)| part)
}

/// What the only part of a body was answered with, as if it had been sent alone, with pointers into the whole.
pub fn of_its_part(operation: &str, answer: Answer) -> Answer {
    let Some(part) = first_part(operation) else { return answer };
    let result = match answer.body["results"].as_array().map(Vec::as_slice) {
        Some([result]) if answer.status == 200 && result["problem"].is_object() => result,
        _ => return answer,
    };
    let mut body = result["problem"].clone();
    for error in body["errors"].as_array_mut().into_iter().flatten() {
        error["pointer"] = json!(format!("{part}{}", error["pointer"].as_str().unwrap()));
    }
    Answer { status: u16::try_from(result["status"].as_u64().unwrap()).unwrap(), body, ..answer }
}

/// The session that a token is for; anybody's where it is none.
pub fn session_of(token: Option<&str>) -> String {
    use base64::Engine as _;
    let claims = token.and_then(|token| token.split('.').nth(1)).unwrap_or_default();
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims).unwrap_or_default();
    let claims: Value = serde_json::from_slice(&claims).unwrap_or_default();
    claims["sid"].as_str().map_or_else(|| uuid::Uuid::now_v7().to_string(), ToOwned::to_owned)
}

/// The operation's path with ids that are there, and the query that it can't do without.
pub fn path(world: &World, persona: Persona, operation: Operation<'_>, token: Option<&str>) -> String {
    let (id, _, template, described) = operation;
    let mut path = template.to_owned();
    let parameters: Vec<Value> = described["parameters"].as_array().into_iter().flatten().map(resolve).collect();
    for name in parameters.iter().filter(|p| p["in"] == "path").filter_map(|p| p["name"].as_str()) {
        let value = match (name, id) {
            ("account_id", "remove_attendance" | "record_presence" | "remove_contributor") => {
                world.ids["attendee"].clone()
            }
            ("session_id", _) => session_of(token),
            ("invitation_id", "get_invitation" | "revoke_invitation") => world.ids["account_invitation"].clone(),
            ("invitation_id", "revoke_membership_invitation") => world.ids["membership_invitation"].clone(),
            ("partnership_id", "request_membership") => world.ids["closed_partnership"].clone(),
            _ => parameter(world, persona, name),
        };
        path = path.replace(&format!("{{{name}}}"), &value);
    }
    if parameters.iter().any(|p| p["required"] == true && p["in"] == "query") {
        path.push_str(match id {
            "locate_place" => "?lat=39.1&lon=-94.6",
            "stop_reminders_by_one_click" => "?token=tks_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "leave_by_one_click" => "?token=tkn_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            other => panic!("the matrix does not know the query of {other}"),
        });
    }
    if id == "list_officer_logs" {
        // Leaders list what is linked to their partnership.
        path.push_str(&format!("?partnership_id={}", world.ids["partnership_id"]));
    }
    if id == "get_emergency" {
        // Of more than one police agency it is to be said which.
        path.push_str(&format!("?agency_id={}", world.ids["agency_id"]));
    }
    path
}

/// Every operation of the API.
pub fn operations(description: &Description) -> Vec<Operation<'_>> {
    description.operations().into_iter().filter(|(_, _, path, _)| path.starts_with("/api/")).collect()
}

/// Somebody who may do it: the first kind of caller whom the policy allows it.
pub fn allowed(operation: &str) -> Persona {
    let table = permissions::table();
    let decisions = table.iter().find(|permission| permission.operation == operation).map(|p| p.decisions.as_slice());
    let first = decisions.into_iter().flatten().find(|(_, decision)| *decision == Decision::Allow);
    // Where only one's own is anybody's, like leaving: somebody who sees it.
    first.map_or(Persona::CivilianLeader, |(persona, _)| *persona)
}

/// Everything that the database holds, by table.
pub async fn contents(app: &App) -> BTreeMap<String, String> {
    #[derive(diesel::QueryableByName)]
    struct Text {
        #[diesel(sql_type = diesel::sql_types::Text)]
        text: String,
    }
    let postgres = app.database_url().starts_with("postgres");
    app.db(move |conn| {
        use diesel::prelude::*;
        let ask = |conn: &mut threekeys::platform::db::Conn, sql: &str| -> diesel::QueryResult<Vec<String>> {
            Ok(diesel::sql_query(sql).load::<Text>(conn)?.into_iter().map(|row| row.text).collect())
        };
        let mut contents = BTreeMap::new();
        for table in threekeys::platform::db::tables(conn)? {
            let sql = match postgres {
                true => format!("SELECT coalesce(string_agg(t::text, '|' ORDER BY t::text), '') AS text FROM {table} t"),
                false => {
                    let columns = ask(conn, &format!("SELECT name AS text FROM pragma_table_info('{table}')"))?;
                    let row: Vec<String> = columns.iter().map(|column| format!("quote(\"{column}\")")).collect();
                    let row = row.join(" || ',' || ");
                    format!("SELECT coalesce(group_concat(r, '|'), '') AS text FROM (SELECT {row} AS r FROM \"{table}\" ORDER BY r)")
                }
            };
            contents.insert(table, ask(conn, &sql)?.concat());
        }
        Ok(contents)
    })
    .await
}

/// Fails when the database holds anything else than before.
#[track_caller]
pub fn nothing_changed(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) {
    let changed: Vec<&String> = before.keys().filter(|table| before.get(*table) != after.get(*table)).collect();
    assert!(changed.is_empty() && before.len() == after.len(), "changed: {changed:?}");
}
