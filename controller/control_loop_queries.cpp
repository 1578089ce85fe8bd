// Questions that block on a disk or an engine: diff and history. They never change anything.
#include "controller/control_loop.hpp"
#include "controller/make_diff.hpp"

namespace plimsoll::controller {

namespace {

constexpr std::size_t kQuestions = 16;
/// Leaves threads to who asks over the unix socket.
constexpr std::size_t kQuestionsOfAnybody = 2;
constexpr Millis kAskAgain{5'000};

}  // namespace

DiffBasis ControlLoop::diff_basis() const {
  DiffBasis basis{desired_, lanes_, {}, removals_, decisions_, ports_.clock.now(), settings_.observe_limit};
  for (const auto& [id, entry] : targets_.entries()) basis.known.insert(id);
  for (const auto& id : removals_.orphans()) basis.known.insert(id);
  return basis;
}

/// Takes one more question on. With engines that hang each holds a thread for as long as an observation may take.
Result<void> ControlLoop::admit_question(bool from_anybody) {
  if (questions_ >= (from_anybody ? kQuestionsOfAnybody : kQuestions)) {
    return Error{ErrorKind::transient, "too many questions are being answered; try again in a moment", kAskAgain};
  }
  ++questions_;
  return {};
}

Result<DesiredState> ControlLoop::load_other(const DiffRequest& request) {
  const std::lock_guard lock(queries_mutex_);
  if (request.manifests) return ports_.queries.load_files(*request.manifests, stop_.get_token());
  return ports_.queries.load_revision(request.revision, stop_.get_token());
}

Result<DiffView> ControlLoop::answer_diff(const DiffRequest& request, DiffBasis basis) {
  const auto compare = [&](const DesiredState& state) -> Result<DiffView> {
    if (names_any(state, basis, request.filter)) return make_diff(state, request.filter, std::move(basis));
    return Error{ErrorKind::rejected, "no app matches " + to_string(request.filter) +
                                          " in this revision or now; `plimsoll status` lists what is deployed"};
  };
  if (request.manifests || !request.revision.empty()) {
    const auto other = load_other(request);
    return other ? compare(*other) : other.error();
  }
  if (const auto current = basis.current) return compare(*current);
  return Error{ErrorKind::transient, "the source has not been read yet; see `plimsoll status`"};
}

void ControlLoop::diff(DiffRequest request, std::function<void(Result<DiffView>)> done) {
  if (auto admitted = admit_question(request.from_anybody); !admitted) return done(admitted.error());
  ask(
      query_pool_,
      [this, request = std::move(request), basis = diff_basis()]() mutable {
        return answer_diff(request, std::move(basis));
      },
      [this, done = std::move(done)](Result<DiffView> view) {
        --questions_;
        done(std::move(view));
      });
}

void ControlLoop::history(TargetId filter, int limit,
                          std::function<void(Result<std::vector<ports::HistoryEntry>>)> done) {
  ask(
      records_pool_, [this, filter = std::move(filter), limit] { return ports_.store.history(filter, limit); },
      std::move(done));
}

}  // namespace plimsoll::controller
