#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <string>

#include "ports/git_source.hpp"

namespace plimsoll::test {

/// A manifest repository in memory: commits are whole trees. Thread-safe.
class MemoryGit final : public ports::GitSource {
 public:
  using Tree = std::map<std::string, std::string>;

  /// Makes a commit of `tree` the head of the branch; returns its id.
  std::string commit(const Tree& tree) {
    const std::lock_guard lock(mutex_);
    std::string id = std::to_string(++count_);
    id.insert(0, 40 - id.size(), '0');
    commits_[id] = tree;
    head_ = id;
    return id;
  }
  /// Every call fails with this from now on; nothing again with `{}`.
  void fail_with(std::optional<Error> error) {
    const std::lock_guard lock(mutex_);
    error_ = std::move(error);
  }
  /// Reading this commit fails with this from now on, or no longer.
  void fail_read(const std::string& commit, std::optional<Error> error) {
    const std::lock_guard lock(mutex_);
    unreadable_ = commit;
    read_error_ = std::move(error);
  }
  /// Reading throws from now on, or no longer.
  void let_read_throw(bool throws) {
    const std::lock_guard lock(mutex_);
    read_throws_ = throws;
  }
  [[nodiscard]] int asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

  Result<std::string> remote_commit(const ports::Call& /*call*/) override {
    const std::lock_guard lock(mutex_);
    ++asked_;
    if (error_) return *error_;
    if (head_.empty()) return Error{ErrorKind::missing, "branch main does not exist"};
    return head_;
  }
  Result<std::string> fetch(const ports::Call& /*call*/) override {
    const std::lock_guard lock(mutex_);
    if (error_) return *error_;
    fetched_ = commits_;
    return head_;
  }
  Result<ports::RevisionContent> read(const std::string& commit, const RepositoryFiles* /*known*/) override {
    const std::lock_guard lock(mutex_);
    if (read_throws_) throw std::bad_alloc();
    if (read_error_ && commit == unreadable_) return *read_error_;
    const auto found = fetched_.find(commit == "main" ? head_ : commit);
    if (found == fetched_.end()) return Error{ErrorKind::missing, "no revision " + commit};
    ports::RevisionContent content{found->first, "A <a@example.org>", "subject", {}};
    for (const auto& [path, bytes] : found->second) {
      content.files[path] = {RepositoryEntry::Kind::file, std::to_string(std::hash<std::string>()(bytes)),
                             std::make_shared<const std::string>(bytes)};
    }
    return content;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Tree> commits_, fetched_;
  std::string head_, unreadable_;
  std::optional<Error> error_, read_error_;
  int count_ = 0, asked_ = 0;
  bool read_throws_ = false;
};

}  // namespace plimsoll::test
