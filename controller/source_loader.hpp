#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "manifest/desired_loader.hpp"
#include "model/decisions.hpp"
#include "model/desired_state.hpp"
#include "ports/git_source.hpp"
#include "ports/secret_source.hpp"

namespace plimsoll::controller {

/// What one refresh of the source found.
struct SourceOutcome {
  /// The desired state of the branch; null when nothing could be read yet. The same pointer as before when nothing
  /// moved.
  std::shared_ptr<const DesiredState> desired;
  /// The same before operators' decisions.
  std::shared_ptr<const DesiredState> branch;
  std::vector<Pin> ended_pins;  ///< left out of `desired`, since the branch has moved on from what they left
  std::string author, subject;  ///< of the commit
  bool fetched = false;         ///< a fetch was made
  std::optional<Error> error;   ///< why the remote could not be asked or read; `desired` is then what was known before
};

/// From a branch to a desired state: asks for the commit, fetches when it moved, loads what changed. Blocking; used by
/// one thread at a time.
class SourceLoader {
 public:
  struct Settings {
    std::string branch;
    std::string digest_key;  ///< keys the digests in secret tokens
    Millis fetch_timeout{60'000};
    /// Opens another branch of the same repository, with a mirror of its own, for revisions that are not merged yet.
    std::function<Result<std::unique_ptr<ports::GitSource>>(const std::string& branch)> open_branch = {};
  };
  SourceLoader(ports::GitSource& git, ports::SecretSource& secrets, Settings settings);

  /// Looks at the remote, loads, and puts `decisions` in force. On its first call, with the remote out of reach, what
  /// the mirror holds is loaded. `stop` ends it within a moment, `cancelled`.
  [[nodiscard]] SourceOutcome refresh(std::stop_token stop, const Decisions& decisions = {});

  /// Loads another revision, for `diff --revision`: a commit of the mirror, or else a branch, which is fetched.
  [[nodiscard]] Result<DesiredState> load_revision(const std::string& revision, std::stop_token stop);

  /// True of an error of `load_revision` after which the revision never will load: it is gone, or not acceptable. After
  /// any other it may with the next try.
  [[nodiscard]] static bool is_lost(const Error& error);

  /// Loads files that are not committed, for `diff --manifests`.
  [[nodiscard]] Result<DesiredState> load_files(const std::map<std::string, std::string>& files, std::stop_token stop);

  /// Every secret of `environment`, to be hidden; the keys are no tokens. Any thread.
  [[nodiscard]] SecretTable all_secrets(const std::string& environment) const;

 private:
  [[nodiscard]] Result<std::string> bring(std::stop_token stop, bool& fetched);
  [[nodiscard]] Result<void> read(const std::string& commit);
  [[nodiscard]] Result<void> load(const std::string& commit, std::stop_token stop);
  [[nodiscard]] Result<DesiredState> load_desired(const RepositoryFiles& files, const Revision& revision,
                                                  manifest::AppCache* cache, std::stop_token stop);
  [[nodiscard]] bool is_outlived(const Pin& pin, std::stop_token stop);
  void put_in_force(const Decisions& decisions, std::stop_token stop, SourceOutcome& outcome);

  ports::GitSource& git_;
  ports::SecretSource& secrets_;
  Settings settings_;
  std::shared_ptr<manifest::AppCache> cache_;
  std::optional<ports::RevisionContent> content_;
  std::shared_ptr<const DesiredState> desired_;   ///< of the branch
  std::shared_ptr<const DesiredState> in_force_;  ///< made of `base_` and `decisions_`
  std::shared_ptr<const DesiredState> base_;
  Decisions decisions_;
  std::shared_ptr<const DesiredState> judged_;  ///< the state of the branch that `outlived_` is about
  std::vector<std::pair<Pin, bool>> outlived_;
};

}  // namespace plimsoll::controller
