#include "adapters/git/git_mirror.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <vector>

#include "adapters/git/bounded_objects.hpp"
#include "model/repository_files.hpp"

namespace plimsoll::adapters {
namespace {

namespace fs = std::filesystem;

bool is_leftover(const std::string& name) {
  const auto ends_with = [&](std::string_view tail) {
    return name.size() >= tail.size() && name.compare(name.size() - tail.size(), tail.size(), tail) == 0;
  };
  return name.rfind("tmp_", 0) == 0 || name.find("_git2_") != std::string::npos || ends_with(".lock");
}

void remove_leftovers_below(const fs::path& dir) {
  std::error_code ignored;
  std::vector<fs::path> found;
  for (fs::recursive_directory_iterator entry(dir, ignored), end; !ignored && entry != end; entry.increment(ignored))
    if (is_leftover(entry->path().filename().string())) found.push_back(entry->path());
  for (const fs::path& path : found) fs::remove(path, ignored);
}

/// Objects of a tree: subtrees onto `pending`, false when one is not there.
bool check_tree(git_odb* odb, git_tree* tree, std::vector<git_oid>& pending) {
  for (std::size_t i = 0; i < git_tree_entrycount(tree); ++i) {
    const git_tree_entry* entry = git_tree_entry_byindex(tree, i);
    if (git_tree_entry_type(entry) == GIT_OBJECT_TREE) pending.push_back(*git_tree_entry_id(entry));
    if (git_tree_entry_type(entry) == GIT_OBJECT_BLOB && git_odb_exists(odb, git_tree_entry_id(entry)) == 0)
      return false;
  }
  return true;
}

/// Two names change places at once, so that at every moment there is a mirror. Not every file system can.
bool exchange(const std::string& one, const std::string& other) {
  constexpr unsigned kExchange = 2;  // RENAME_EXCHANGE, which glibc shows to GNU sources only
  return ::syscall(SYS_renameat2, AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), kExchange) == 0;
}

std::string old_mirror_dir(const std::string& mirror_dir) { return mirror_dir + ".old"; }

}  // namespace

void remove_fetch_leftovers(const std::string& mirror_dir) {
  std::error_code ignored;
  const std::string old = old_mirror_dir(mirror_dir);
  // A fetch that was killed between the two steps of a replacement.
  if (fs::exists(old, ignored) && !fs::exists(mirror_dir, ignored)) fs::rename(old, mirror_dir, ignored);
  fs::remove_all(old, ignored);
  fs::remove_all(fresh_mirror_dir(mirror_dir), ignored);
  fs::remove_all(child_home_dir(mirror_dir), ignored);
  remove_leftovers_below(fs::path(mirror_dir) / "objects");
  remove_leftovers_below(fs::path(mirror_dir) / "refs");
  for (const char* name : {"HEAD.lock", "config.lock", "packed-refs.lock"})
    fs::remove(fs::path(mirror_dir) / name, ignored);
}

Result<RepositoryPtr> create_mirror(const std::string& dir) {
  git_repository_init_options options = GIT_REPOSITORY_INIT_OPTIONS_INIT;
  options.flags = GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_MKDIR | GIT_REPOSITORY_INIT_NO_REINIT;
  options.mode = 0700;
  RepositoryPtr repository;
  if (git_repository_init_ext(out(repository), dir.c_str(), &options) != 0)
    return Error{ErrorKind::internal, "making the git mirror " + dir + ": " + libgit2_message() +
                                          "; check that state_dir is writable and has room"};
  return repository;
}

Result<void> replace_mirror(const std::string& from, const std::string& to) {
  std::error_code ignored;
  if (exchange(from, to)) {
    fs::remove_all(from, ignored);
    return {};
  }
  return replace_mirror_in_steps(from, to);
}

Result<void> replace_mirror_in_steps(const std::string& from, const std::string& to) {
  std::error_code failure, ignored;
  const std::string old = old_mirror_dir(to);
  fs::remove_all(old, ignored);
  if (fs::exists(to, ignored)) fs::rename(to, old, failure);
  if (!failure) fs::rename(from, to, failure);
  if (failure) {
    if (!fs::exists(to, ignored)) fs::rename(old, to, ignored);
    return Error{ErrorKind::internal, "putting the git mirror " + to + " in place: " + failure.message()};
  }
  fs::remove_all(old, ignored);
  return {};
}

bool is_complete(git_repository* repository, const std::string& commit, const std::string& path) {
  const BoundedObjects objects(repository);
  git_oid id;
  CommitPtr object;
  TreePtr tree;
  if (git_oid_fromstr(&id, commit.c_str()) != 0) return false;
  if (const Found found = objects.commit(id, object); found != Found::yes) return found == Found::oversized;
  if (const Found found = objects.tree_at(object.get(), path, tree); found != Found::yes)
    return found != Found::damaged;
  std::vector<git_oid> pending = {*git_tree_id(tree.get())};
  for (std::size_t visited = 0; !pending.empty() && visited < kMaxRevisionFiles; ++visited) {
    const git_oid next = pending.back();
    pending.pop_back();
    const Found found = objects.tree(next, tree);
    if (found == Found::oversized) continue;
    if (found != Found::yes || !check_tree(objects.odb(), tree.get(), pending)) return false;
  }
  return true;
}

}  // namespace plimsoll::adapters
