#include "adapters/git/revision_reader.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <unordered_map>
#include <vector>

#include "adapters/git/bounded_objects.hpp"
#include "adapters/git/source_url.hpp"
#include "model/printable.hpp"

namespace plimsoll::adapters {
namespace {

using Content = std::shared_ptr<const std::string>;

Error rejected(std::string message) { return {ErrorKind::rejected, std::move(message)}; }

Error broken_mirror(const std::string& mirror_dir) {
  return {ErrorKind::transient,
          "the git mirror " + mirror_dir + " is damaged (" + libgit2_message() + "); the next fetch makes it anew"};
}

Error oversized_commit(const std::string& revision) {
  return rejected("revision " + printable(revision, 100) + " has a commit of more than " +
                  std::to_string(kMaxCommitBytes >> 20U) +
                  " MiB; push a branch without it. What runs is left as it is");
}

Error oversized_tree(const std::string& where) {
  return rejected(where + " has a directory whose list of names is over " + std::to_string(kMaxTreeBytes >> 20U) +
                  " MiB; split it up. What runs is left as it is");
}

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isxdigit(c) != 0; });
}

/// The commit that `revision` names. Not git_revparse: its language has far more than the three forms wanted here.
Result<CommitPtr> find_commit(git_repository* repository, const BoundedObjects& objects, const RevisionQuery& query) {
  std::string name = query.revision;
  if (const auto at = name.find("@sha1:"); at != std::string::npos) name.erase(0, at + 6);
  const Error unknown{ErrorKind::missing,
                      "revision '" + printable(query.revision, 100) +
                          "' is not in the git mirror; give a commit or the name of the branch that is watched"};
  git_oid id;
  const auto commit_of = [&](const git_oid& object) -> Result<CommitPtr> {
    CommitPtr commit;
    switch (objects.commit(object, commit)) {
      case Found::yes: return commit;
      case Found::other: return unknown;
      case Found::oversized: return oversized_commit(query.revision);
      default: return broken_mirror(query.mirror_dir);
    }
  };
  if (validate_branch(name).ok())
    for (const char* space : {"refs/heads/", "refs/tags/"})
      if (git_reference_name_to_id(&id, repository, (space + name).c_str()) == 0) return commit_of(id);
  if (name.size() < 4 || name.size() > GIT_OID_HEXSZ || !is_hex(name)) return unknown;
  git_oid given;
  if (git_oid_fromstrn(&given, name.data(), name.size()) != 0) return unknown;
  if (objects.odb() == nullptr) return broken_mirror(query.mirror_dir);
  const int found = git_odb_exists_prefix(&id, objects.odb(), &given, name.size());
  if (found == GIT_EAMBIGUOUS) return rejected("revision '" + name + "' is ambiguous; give more digits");
  if (found == GIT_ENOTFOUND) return unknown;
  if (found != 0) return broken_mirror(query.mirror_dir);
  return commit_of(id);
}

/// Walks a tree and fills a RepositoryFiles within the limits.
class TreeReader {
 public:
  TreeReader(git_repository* repository, const BoundedObjects& objects, const RevisionQuery& query,
             const RepositoryFiles* known)
      : repository_(repository), objects_(objects), query_(query) {
    if (known == nullptr) return;
    for (const auto& [path, entry] : *known)
      if (is_content(entry.kind)) contents_.emplace(entry.object_id, entry.content);
  }

  Result<RepositoryFiles> read(TreePtr root) {
    std::vector<std::pair<TreePtr, std::string>> pending;
    pending.emplace_back(std::move(root), "");
    while (!pending.empty()) {
      const auto [tree, prefix] = std::move(pending.back());
      pending.pop_back();
      for (std::size_t i = 0; i < git_tree_entrycount(tree.get()); ++i) {
        const git_tree_entry* entry = git_tree_entry_byindex(tree.get(), i);
        auto path = checked_path(prefix, git_tree_entry_name(entry));
        if (!path) return path.error();
        if (git_tree_entry_filemode(entry) == GIT_FILEMODE_TREE) {
          TreePtr child;
          const Found found = objects_.tree(*git_tree_entry_id(entry), child);
          if (found == Found::oversized) return oversized_tree("'" + printable(*path, 120) + "' in " + where());
          if (found != Found::yes) return broken_mirror(query_.mirror_dir);
          pending.emplace_back(std::move(child), *path + "/");
        } else if (auto added = add(*path, entry); !added) {
          return added.error();
        }
      }
    }
    return std::move(files_);
  }

 private:
  static bool is_content(RepositoryEntry::Kind kind) {
    return kind == RepositoryEntry::Kind::file || kind == RepositoryEntry::Kind::executable;
  }

  static RepositoryEntry::Kind kind_of(git_filemode_t mode) {
    if (mode == GIT_FILEMODE_LINK) return RepositoryEntry::Kind::symlink;
    if (mode == GIT_FILEMODE_COMMIT) return RepositoryEntry::Kind::submodule;
    return mode == GIT_FILEMODE_BLOB_EXECUTABLE ? RepositoryEntry::Kind::executable : RepositoryEntry::Kind::file;
  }

  [[nodiscard]] std::string where() const { return query_.path.empty() ? "the repository" : "'" + query_.path + "'"; }

  /// Directories count like files: a tree may name the same subtree many times over.
  Result<std::string> checked_path(const std::string& prefix, const char* name) {
    if (++entries_ > kMaxRevisionFiles)
      return rejected(where() + " has more than " + std::to_string(kMaxRevisionFiles) +
                      " entries; that is the limit of a revision");
    if (const auto why = refused_name(name); !why.empty())
      return rejected("the name '" + printable(prefix + name, 120) + "' in " + where() + " " + why + "; rename it");
    std::string path = prefix + name;
    if (path.size() > 4096)
      return rejected("the path '" + printable(path, 120) + "' in " + where() + " is longer than 4096 bytes");
    return path;
  }

  Result<void> add(const std::string& path, const git_tree_entry* tree_entry) {
    RepositoryEntry entry{kind_of(git_tree_entry_filemode(tree_entry)), to_hex(*git_tree_entry_id(tree_entry)),
                          nullptr};
    if (is_content(entry.kind)) {
      auto content = content_of(*git_tree_entry_id(tree_entry), entry.object_id);
      if (!content) return content.error();
      entry.content = std::move(*content);
      bytes_ += entry.content ? entry.content->size() : 0;
      if (bytes_ > kMaxRevisionBytes)
        return rejected(where() + " has more than " + std::to_string(kMaxRevisionBytes >> 20U) +
                        " MiB of files; that is the limit of a revision");
    }
    files_.emplace(path, std::move(entry));
    return {};
  }

  Result<Content> content_of(const git_oid& id, const std::string& hex) {
    if (const auto shared = contents_.find(hex); shared != contents_.end()) return shared->second;
    std::size_t size = 0;
    git_object_t type = GIT_OBJECT_ANY;
    if (git_odb_read_header(&size, &type, objects_.odb(), &id) != 0) return broken_mirror(query_.mirror_dir);
    Content content;
    if (size <= kMaxFileBytes) {
      BlobPtr blob;
      if (git_blob_lookup(out(blob), repository_, &id) != 0) return broken_mirror(query_.mirror_dir);
      content = std::make_shared<const std::string>(static_cast<const char*>(git_blob_rawcontent(blob.get())),
                                                    static_cast<std::size_t>(git_blob_rawsize(blob.get())));
    }
    contents_.emplace(hex, content);
    return content;
  }

  git_repository* repository_;
  const BoundedObjects& objects_;
  const RevisionQuery& query_;
  std::unordered_map<std::string, Content> contents_;  ///< by object id; null content: over the limit
  RepositoryFiles files_;
  std::size_t entries_ = 0, bytes_ = 0;
};

Result<TreePtr> manifest_tree(const BoundedObjects& objects, git_commit* commit, const RevisionQuery& query) {
  const std::string revision = to_hex(*git_commit_id(commit)).substr(0, 8);
  TreePtr tree;
  switch (objects.tree_at(commit, query.path, tree)) {
    case Found::yes: return tree;
    case Found::no:
      return rejected("the repository has no directory '" + query.path + "' at revision " + revision +
                      "; push it or change source.path. What runs is left as it is");
    case Found::other:
      return rejected("'" + query.path + "' is not a directory at revision " + revision + "; change source.path");
    case Found::oversized: return oversized_tree("the repository at revision " + revision);
    case Found::damaged: break;
  }
  return broken_mirror(query.mirror_dir);
}

std::string author_of(const git_commit* commit) {
  const git_signature* author = git_commit_author(commit);
  if (author == nullptr) return "unknown";
  return printable(author->name, 200) + " <" + printable(author->email, 200) + ">";
}

Result<ports::RevisionContent> read_once(const RevisionQuery& query, const RepositoryFiles* known) {
  RepositoryPtr repository;
  if (git_repository_open_bare(out(repository), query.mirror_dir.c_str()) != 0) return broken_mirror(query.mirror_dir);
  const BoundedObjects objects(repository.get());
  auto commit = find_commit(repository.get(), objects, query);
  if (!commit) return commit.error();
  auto tree = manifest_tree(objects, commit->get(), query);
  if (!tree) return tree.error();
  auto files = TreeReader(repository.get(), objects, query, known).read(std::move(*tree));
  if (!files) return files.error();
  const char* subject = git_commit_summary(commit->get());
  return ports::RevisionContent{to_hex(*git_commit_id(commit->get())), author_of(commit->get()),
                                printable(subject == nullptr ? "" : subject, 200), std::move(*files)};
}

}  // namespace

Result<ports::RevisionContent> read_revision(const RevisionQuery& query, const RepositoryFiles* known) {
  use_libgit2();
  std::error_code ignored;
  if (!std::filesystem::exists(query.mirror_dir, ignored))
    return Error{ErrorKind::transient, "nothing has been fetched yet: there is no git mirror at " + query.mirror_dir};
  auto content = read_once(query, known);
  // A fetch may have put another mirror, or another pack, in the place of what was being read.
  if (!content && content.error().kind == ErrorKind::transient) content = read_once(query, known);
  return content;
}

}  // namespace plimsoll::adapters
