//! Rescues that are broken off, wherever that may be, and gone on with.

use migrate::rescue::{Plan, RescueError};

use super::*;

/// More steps than a rescue has.
const STEPS_MAX: usize = 40;

#[tokio::test]
async fn whoever_is_stopped_after_any_step_goes_on() {
    let mut loss = Loss::new().await;
    let place = loss.keep_car().await;
    let (data, operations) = loss.was().await;
    loss.old.stop().await;
    let desk = loss.desk(place);
    let mut stopped = 0;
    for steps in 1..STEPS_MAX {
        match desk.run_steps(steps).await {
            Err(Failure { error: RescueError::Stopped, .. }) => stopped += 1,
            outcome => {
                assert_eq!(outcome.unwrap().report.report().after.head.data, data);
                break;
            }
        }
        assert!(loss.operations().await <= operations + 1);
    }
    assert!(stopped > 5, "{stopped}");
    assert_eq!(loss.operations().await, operations + 1);
    let owner = desk.owner(&loss.new).await;
    assert_eq!(loss.new.download(&owner, None).await.commit.data, data);
}

#[tokio::test]
async fn another_machine_goes_on_without_the_journal() {
    let loss = Loss::new().await;
    let place = loss.keep_car().await;
    let (data, operations) = loss.was().await;
    let mut desk = loss.desk(place);
    for steps in 1..STEPS_MAX {
        desk.journal = loss.path(&format!("journal-{steps}.json"));
        match desk.run_steps(steps).await {
            Err(Failure { error: RescueError::Stopped, .. }) => {}
            outcome => {
                let rescued = outcome.unwrap();
                let report = rescued.report.report();
                assert_eq!(report.after.head.data, data);
                assert_eq!(report.identity.as_ref().unwrap().operations.len(), 1);
                break;
            }
        }
    }
    assert_eq!(loss.operations().await, operations + 1);
}

#[tokio::test]
async fn an_operation_whose_answer_was_lost_is_not_sent_again() {
    for keeps_journal in [true, false] {
        let loss = Loss::new().await;
        let mut desk = loss.desk(loss.keep_car().await);
        let (_, operations) = loss.was().await;
        let at_journal = |step: Step<'_>| matches!(step, Step::Journaled(_));
        let failure = desk.run_until(at_journal).await.unwrap_err();
        assert!(matches!(failure.error, RescueError::Stopped) && !failure.is_switched);
        let written: Value = serde_json::from_slice(&fs::read(&desk.journal).unwrap()).unwrap();
        let operation = Operation::parse(written["operation"].to_string().as_bytes()).unwrap();
        loss.plc.submit(&loss.did(), &operation).await.unwrap();
        if !keeps_journal {
            desk.journal = loss.path("another.json");
        }
        let rescued = desk.run().await.unwrap();
        let identity = rescued.report.report().identity.clone().unwrap();
        assert_eq!(identity.operations[0].cid, operation.cid());
        assert_eq!((identity.operations.len(), loss.operations().await), (1, operations + 1));
    }
}

#[tokio::test]
async fn what_was_written_down_and_not_sent_is_sent_as_it_is() {
    let loss = Loss::new().await;
    let desk = loss.desk(loss.keep_car().await);
    desk.run_until(|step| matches!(step, Step::Journaled(_))).await.unwrap_err();
    let written: Value = serde_json::from_slice(&fs::read(&desk.journal).unwrap()).unwrap();
    let rescued = desk.run_until(|step| matches!(step, Step::Planned(_))).await.unwrap();
    let identity = rescued.report.report().identity.clone().unwrap();
    assert_eq!(json!(identity.operations[0].cid), written["cid"]);
}

#[tokio::test]
async fn a_change_that_came_first_is_told_and_nothing_is_sent() {
    let loss = Loss::new().await;
    let desk = loss.desk(loss.keep_car().await);
    let (_, operations) = loss.was().await;
    desk.run_until(|step| matches!(step, Step::Journaled(_))).await.unwrap_err();
    let last = loss.plc.last_operation(&loss.did()).await.unwrap();
    let other = renaming(&last, &loss.own[1]);
    loss.plc.submit(&loss.did(), &other).await.unwrap();
    let failure = desk.run().await.unwrap_err();
    assert!(failure.error.waits_for_owner() && !failure.is_switched);
    assert!(matches!(failure.error, RescueError::Overtaken(cid) if cid == other.cid()));
    // The plan is made anew, from what the identity says now.
    desk.run().await.unwrap();
    assert_eq!(loss.operations().await, operations + 2);
    let state = loss.plc.state(&loss.did()).await.unwrap();
    assert!(state.also_known_as.contains(&"at://second.example.org".to_owned()));
}

#[tokio::test]
async fn a_change_that_a_higher_key_took_back_is_not_made_again_by_itself() {
    let loss = Loss::new().await;
    let mut desk = loss.desk(loss.keep_car().await);
    let (_, operations) = loss.was().await;
    (desk.key, desk.own) = (OwnerKey::Rotation(loss.own[1].clone()), vec![key(&loss.own[0])]);
    let (clock, journal) = (desk.clock(), Journal::new(&desk.journal));
    let watch = |_: Step<'_>| ControlFlow::Continue(());
    let preview = desk.rescue(&clock, &journal, &watch).preview().await.unwrap();
    let Plan::Operation { may_undo, .. } = preview.plan else { panic!("{:?}", preview.plan) };
    assert_eq!(may_undo, [key(&loss.own[0])]);

    let last = loss.plc.last_operation(&loss.did()).await.unwrap();
    let rescued = desk.run().await.unwrap();
    let identity = rescued.report.report().identity.clone().unwrap();
    assert_eq!(identity.operations[0].may_undo, [key(&loss.own[0])]);
    let back = renaming(&last, &loss.own[0]);
    loss.plc.submit(&loss.did(), &back).await.unwrap();
    loss.new
        .post("com.atproto.server.deactivateAccount")
        .by(&desk.owner(&loss.new).await)
        .json(&json!({}))
        .send()
        .await
        .ok();
    let failure = desk.run().await.unwrap_err();
    assert!(failure.error.waits_for_owner() && !failure.is_switched, "{failure:?}");
    let taken = identity.operations[0].cid;
    assert!(matches!(failure.error, RescueError::TakenBack(cid) if cid == taken), "{failure:?}");
    assert_eq!(loss.operations().await, operations + 2);
}
