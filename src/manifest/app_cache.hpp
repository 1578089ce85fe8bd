#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/desired_state.hpp"

namespace plimsoll::manifest {

/// What earlier loads made, good or not, so that an app whose inputs did not change is not loaded again and keeps its
/// revision.
/// Owned by the caller between loads; used by one load at a time. Losing it costs time, and shows a newer revision than
/// needed.
class AppCache {
 public:
  struct Entry {
    std::string key;          ///< digest over all inputs
    bool whole_tree = false;  ///< the app looks outside its directory: the key covers all files
    /// What those inputs make has errors: `found` says which. Such an app is not loaded again either, since a broken
    /// one may be the dearest to load.
    bool broken = false;
    /// The load was ended when it weighed `weight`: with more allowed, the app may be good.
    bool unfinished = false;
    Diagnostics found;
    std::size_t weight = 0;                       ///< what the load cost (model/limits.hpp)
    std::shared_ptr<const DesiredTarget> target;  ///< as loaded last without error; null when it never was
  };

  /// The entry of a target, or null pointer.
  [[nodiscard]] const Entry* find(const TargetId& id) const {
    const auto found = entries_.find(id);
    return found == entries_.end() ? nullptr : &found->second;
  }
  void put(const TargetId& id, Entry entry) { entries_.insert_or_assign(id, std::move(entry)); }
  /// Instances on which an app ran at the last good load; with an empty `app`, targets of the whole environment count.
  [[nodiscard]] std::vector<TargetId> targets_of(std::string_view environment, std::string_view app) const {
    std::vector<TargetId> out;
    for (const auto& [id, entry] : entries_) {
      if (entry.target && id.environment == environment && (app.empty() || id.app == app)) out.push_back(id);
    }
    return out;
  }
  /// Instances as the last load took them, by name: what `instances.yaml` last said of each without error.
  [[nodiscard]] const std::map<std::string, InstanceSpec>& instances() const { return instances_; }
  void keep_instances(std::map<std::string, InstanceSpec> instances) { instances_ = std::move(instances); }
  /// Forgets what `keep` does not say yes to.
  template <class Keep>
  void retain(Keep keep) {
    std::erase_if(entries_, [&keep](const auto& entry) { return !keep(entry.first); });
  }

 private:
  std::map<TargetId, Entry> entries_;
  std::map<std::string, InstanceSpec> instances_;
};

}  // namespace plimsoll::manifest
