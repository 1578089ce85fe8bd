"""The bugs that planted_bugs.py plants."""
from dataclasses import dataclass


@dataclass
class Bug:
    """`code` occurs once in `file`; `instead` takes its place and still compiles."""
    name: str
    file: str
    code: str
    instead: str


BUGS = [
    Bug("starts before its dependencies", "src/plan/swap.cpp",
        "return permit_.may_begin && input_.waits_for.empty();", "return permit_.may_begin;"),
    Bug("the incoming one bears aliases", "src/plan/swap.cpp",
        "order_.stop_first, cause(), roles_.base);\n  activate", "true, cause(), roles_.base);\n  activate"),
    Bug("starts the new one beside the old one", "src/plan/swap.cpp",
        "if (is_up(*roles_.base)) out_.steps.stop(base, order_.cause);", ""),
    Bug("stops the old one before it creates the new one", "src/plan/service_steps.cpp",
        "prepare_count_ = steps_.size();", ""),
    Bug("one try too many", "src/plan/swap.cpp",
        "if (failed.attempt >= input.policy.retry_limit)", "if (failed.attempt > input.policy.retry_limit)"),
    Bug("a failed one runs on", "src/plan/swap.cpp",
        "if (is_up(candidate)) out_.steps.stop(ref(candidate), why);", ""),
    Bug("removes the old one before the new one has aliases", "src/plan/settle_current.cpp",
        "  put_live_right();\n  remove_others();\n  const bool cannot", "  remove_others();\n  put_live_right();\n  const bool cannot"),
    Bug("does not wait out the back-off", "src/plan/retry.cpp", "pause *= 2", "pause *= 1"),
    Bug("unhealthy is good enough", "src/plan/gate.cpp",
        'return {Verdict::failed, {}, with_detail("unhealthy", container)};',
        'return {Verdict::passed, {}, with_detail("unhealthy", container)};'),
    Bug("restarts are good enough", "src/plan/gate.cpp",
        "container.restart_count > (checked ? kRestartsBorne : 0)", "container.restart_count > 1000"),
    Bug("the old one is not started again", "src/plan/settle_outdated.cpp",
        "  if (stopped_by_swap) {\n    outcome.steps.start(ref(base), \"it serves again\");\n  } else if",
        "  if (stopped_by_swap) {\n  } else if"),
    Bug("the restart policy of the old one stays away", "src/plan/settle_outdated.cpp",
        'if (taken_away) outcome.steps.set_restart(container, wanted, "it serves again");', ""),
    Bug("touches other apps", "src/plan/prune.cpp", "container.app == target.app", "true"),
    Bug("removes what nobody names while the new ones are not up", "src/plan/plan_target.cpp",
        "return plan.reason == reason::kConflict || (plan.synced && plan.health == Health::healthy);", "return true;"),
    Bug("the guard lets most apps go", "src/plan/removal_guard.cpp", "gone * 2 > before.size()", "false"),
    Bug("a one-shot runs twice", "src/plan/one_shot.cpp",
        "return container.state == ContainerState::exited && container.exit_code == 0;",
        "return container.state == ContainerState::exited && container.exit_code == 1;"),
    Bug("all replicas at once", "src/plan/service_plan.cpp",
        "input_.service.rollout.parallelism <= 0 ? all : input_.service.rollout.parallelism;", "all;"),
    Bug("goes back to what had failed", "src/plan/replica_roles.cpp",
        "  if (container.created_at > roles.base->created_at) return false;\n", ""),
    Bug("starts the one to go back to under the alias", "src/plan/replaced.cpp",
        "      strip_aliases(previous_, previous, cause_, out_.steps);\n", ""),
    Bug("tries again while it still goes back", "src/plan/app_rollout.cpp",
        "if (halfway && rollout.goes_back.empty())", "if (false)"),
    Bug("what is kept comes back by itself", "src/plan/replaced.cpp",
        "  if (!same_restart(previous.restart, {})) outcome.steps.set_restart(ref(previous), {}, kCause);\n", ""),
    Bug("takes what it took back for a failure", "src/plan/replica_roles.cpp",
        "    if (was_taken_back(*container, roles.name)) continue;\n", ""),
    Bug("goes on after a failed step", "src/reconcile/executor.cpp",
        "if (!failures_.blocks(input_.plan.steps[i])) return i;", "return i;"),
    Bug("starts beside what it depends on", "src/plan/step_order.cpp",
        "depends(left, right) || depends(right, left) || collide(left, right)", "collide(left, right)"),
    Bug("touches what runs while others prepare", "src/plan/step_order.cpp",
        "earlier < plan.prepares && later >= plan.prepares", "false"),
    Bug("more steps at once than allowed", "src/reconcile/executor.cpp",
        "std::max<std::size_t>(input_.at_once, 1)", "std::max<std::size_t>(input_.at_once * 8, 1)"),
    Bug("creates without the digest that was pulled", "src/reconcile/executor.cpp",
        "digests_[image->reference] = applied.image_digest;", "(void)image;"),
    Bug("does not hear that a newer revision came", "src/reconcile/pass.cpp",
        "} else if (input_.superseded && input_.superseded()) {", "} else if (false) {"),
    Bug("forgets what failed", "src/reconcile/pass.cpp",
        "if (failure) outcome_.memory.failures[service] = std::move(*failure);", ""),
]
