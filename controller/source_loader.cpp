#include "controller/source_loader.hpp"

#include <malloc.h>

#include <algorithm>
#include <utility>

#include "manifest/apply_decisions.hpp"

namespace plimsoll::controller {
namespace {

/// Asking for one commit is a small exchange; the fetch has a deadline of its own.
constexpr Millis kAskLimit{20'000};

}  // namespace

SourceLoader::SourceLoader(ports::GitSource& git, ports::SecretSource& secrets, Settings settings)
    : git_(git), secrets_(secrets), settings_(std::move(settings)), cache_(std::make_shared<manifest::AppCache>()) {}

SourceOutcome SourceLoader::refresh(std::stop_token stop, const Decisions& decisions) {
  SourceOutcome outcome;
  auto commit = bring(stop, outcome.fetched);
  if (!commit) {
    outcome.error = commit.error();
    // What the mirror holds from an earlier run is better than nothing while the remote is down.
    if (!content_ && commit.error().kind != ErrorKind::cancelled) (void)load(settings_.branch, stop);
  } else if (auto loaded = load(*commit, stop); !loaded) {
    outcome.error = loaded.error();
  }
  put_in_force(decisions, std::move(stop), outcome);
  if (content_) {
    outcome.author = content_->author;
    outcome.subject = content_->subject;
  }
  return outcome;
}

void SourceLoader::put_in_force(const Decisions& decisions, std::stop_token stop, SourceOutcome& outcome) {
  outcome.branch = outcome.desired = desired_;
  if (!desired_ || decisions == Decisions{}) return;
  Decisions lasting = decisions;
  lasting.pins.clear();
  for (const auto& pin : decisions.pins) {
    (is_outlived(pin, stop) ? outcome.ended_pins : lasting.pins).push_back(pin);
  }
  if (base_ != desired_ || decisions_ != lasting || !in_force_) {
    manifest::PinnedStates pinned;
    for (const auto& pin : lasting.pins) {
      if (pinned.contains(pin.commit)) continue;
      auto state = load_revision(pin.commit, stop);
      if (state) pinned[pin.commit] = std::make_shared<const DesiredState>(std::move(*state));
    }
    in_force_ = std::make_shared<const DesiredState>(manifest::with_decisions(*desired_, lasting, pinned));
    // What could not be read is tried again with the next refresh.
    const bool whole = std::all_of(lasting.pins.begin(), lasting.pins.end(),
                                   [&pinned](const Pin& pin) { return pinned.contains(pin.commit); });
    base_ = whole ? desired_ : nullptr;
    decisions_ = std::move(lasting);
  }
  outcome.desired = in_force_;
}

bool SourceLoader::is_lost(const Error& error) {
  return error.kind == ErrorKind::missing || error.kind == ErrorKind::rejected;
}

/// Loads what the pin left, which costs: once for each state of the branch. A pin lasts until that can be told.
bool SourceLoader::is_outlived(const Pin& pin, std::stop_token stop) {
  if (std::exchange(judged_, desired_) != desired_) outlived_.clear();
  const auto known =
      std::find_if(outlived_.begin(), outlived_.end(), [&pin](const auto& one) { return one.first == pin; });
  if (known != outlived_.end()) return known->second;
  std::optional<DesiredState> left;
  if (!pin.left_commit.empty() && pin.left_commit != desired_->revision.commit) {
    auto loaded = load_revision(pin.left_commit, std::move(stop));
    if (!loaded && !is_lost(loaded.error())) return false;
    if (loaded) left = std::move(*loaded);
  }
  const bool outlived = manifest::is_outlived(pin, *desired_, left ? &*left : nullptr);
  outlived_.emplace_back(pin, outlived);
  return outlived;
}

Result<std::string> SourceLoader::bring(std::stop_token stop, bool& fetched) {
  auto commit = git_.remote_commit(ports::within(kAskLimit, stop));
  if (!commit) return commit;
  // The mirror may have it from an earlier run, or from before a branch was moved back.
  if (read(*commit)) return commit;
  fetched = true;
  return git_.fetch(ports::within(settings_.fetch_timeout, std::move(stop)));
}

Result<void> SourceLoader::read(const std::string& commit) {
  if (content_ && content_->commit == commit) return {};
  auto content = git_.read(commit, content_ ? &content_->files : nullptr);
  if (!content) return content.error();
  content_ = std::move(*content);
  return {};
}

Result<void> SourceLoader::load(const std::string& commit, std::stop_token stop) {
  if (auto done = read(commit); !done) return done;
  // Loaded again even for the same commit, since a secret may have changed; the cache makes that cheap.
  auto desired = load_desired(content_->files, {settings_.branch, content_->commit}, cache_.get(), std::move(stop));
  if (!desired) return desired.error();
  if (desired_ && desired_->revision == desired->revision && manifest::same_targets(*desired_, *desired)) return {};
  desired_ = std::make_shared<const DesiredState>(std::move(*desired));
  // Loading needs many times what stays, and an idle controller should not hold it until the next revision.
  malloc_trim(0);
  return {};
}

Result<DesiredState> SourceLoader::load_revision(const std::string& revision, std::stop_token stop) {
  std::string branch = settings_.branch;
  auto content = git_.read(revision, nullptr);
  if (!content && settings_.open_branch) {
    auto other = settings_.open_branch(revision);
    if (!other) return other.error();
    auto commit = (*other)->fetch(ports::within(settings_.fetch_timeout, stop));
    if (!commit) return commit.error().kind == ErrorKind::missing ? content.error() : commit.error();
    content = (*other)->read(*commit, nullptr);
    branch = revision;
  }
  if (!content) return content.error();
  return load_desired(content->files, {branch, content->commit}, nullptr, std::move(stop));
}

Result<DesiredState> SourceLoader::load_desired(const RepositoryFiles& files, const Revision& revision,
                                                manifest::AppCache* cache, std::stop_token stop) {
  manifest::LoadContext context;
  context.read_secret = [this](const std::string& environment, const std::string& name) {
    return secrets_.read(environment, name);
  };
  context.token_key = settings_.digest_key;
  context.cache = cache;
  context.stop = stop;
  auto desired = manifest::load_desired(files, revision, context);
  if (stop.stop_requested()) return Error{ErrorKind::cancelled, "loading the manifests was stopped"};
  return desired;
}

SecretTable SourceLoader::all_secrets(const std::string& environment) const {
  SecretTable table;
  for (auto& secret : secrets_.all(environment)) table.emplace(std::to_string(table.size()), std::move(secret));
  return table;
}

Result<DesiredState> SourceLoader::load_files(const std::map<std::string, std::string>& files, std::stop_token stop) {
  RepositoryFiles entries;
  for (const auto& [path, bytes] : files)
    entries[path] = {RepositoryEntry::Kind::file, {}, std::make_shared<const std::string>(bytes)};
  return load_desired(entries, {}, nullptr, std::move(stop));
}

}  // namespace plimsoll::controller
