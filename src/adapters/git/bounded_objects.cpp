#include "adapters/git/bounded_objects.hpp"

#include <algorithm>

namespace plimsoll::adapters {
namespace {

constexpr int kMaxTagsOfTags = 5;

using TagPtr = std::unique_ptr<git_tag, LibgitDeleter<git_tag_free>>;

}  // namespace

BoundedObjects::BoundedObjects(git_repository* repository) : repository_(repository) {
  if (git_repository_odb(out(odb_), repository) != 0) odb_.reset();
}

Found BoundedObjects::look(const git_oid& id, git_object_t& type, std::size_t& size) const {
  if (!odb_) return Found::damaged;
  const int code = git_odb_read_header(&size, &type, odb_.get(), &id);
  return code == 0 ? Found::yes : code == GIT_ENOTFOUND ? Found::no : Found::damaged;
}

Found BoundedObjects::commit(git_oid id, CommitPtr& found) const {
  for (int tags = 0; tags <= kMaxTagsOfTags; ++tags) {
    git_object_t type = GIT_OBJECT_ANY;
    std::size_t size = 0;
    if (const Found seen = look(id, type, size); seen != Found::yes) return seen;
    if (type != GIT_OBJECT_COMMIT && type != GIT_OBJECT_TAG) return Found::other;
    if (size > kMaxCommitBytes) return Found::oversized;
    if (type == GIT_OBJECT_COMMIT)
      return git_commit_lookup(out(found), repository_, &id) == 0 ? Found::yes : Found::damaged;
    TagPtr tag;
    if (git_tag_lookup(out(tag), repository_, &id) != 0) return Found::damaged;
    id = *git_tag_target_id(tag.get());
  }
  return Found::other;
}

Found BoundedObjects::tree(const git_oid& id, TreePtr& found) const {
  git_object_t type = GIT_OBJECT_ANY;
  std::size_t size = 0;
  if (const Found seen = look(id, type, size); seen != Found::yes) return seen;
  if (type != GIT_OBJECT_TREE) return Found::other;
  if (size > kMaxTreeBytes) return Found::oversized;
  return git_tree_lookup(out(found), repository_, &id) == 0 ? Found::yes : Found::damaged;
}

Found BoundedObjects::tree_at(const git_commit* commit, const std::string& path, TreePtr& found) const {
  if (const Found root = tree(*git_commit_tree_id(commit), found); root != Found::yes)
    return root == Found::oversized ? root : Found::damaged;
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const git_tree_entry* entry = git_tree_entry_byname(found.get(), path.substr(begin, end - begin).c_str());
    if (entry == nullptr) return Found::no;
    if (git_tree_entry_filemode(entry) != GIT_FILEMODE_TREE) return Found::other;
    TreePtr below;
    const Found seen = tree(*git_tree_entry_id(entry), below);
    if (seen != Found::yes) return seen == Found::oversized ? seen : Found::damaged;
    found = std::move(below);
    begin = end + 1;
  }
  return Found::yes;
}

}  // namespace plimsoll::adapters
