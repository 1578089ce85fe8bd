#include "reconcile/image_cleanup.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>
#include <variant>

#include "model/image_reference.hpp"

namespace plimsoll::reconcile {
namespace {

/// The present deployment, and the one that a rollback goes back to.
constexpr std::size_t kKeptDeployments = 2;

std::string name_by_digest(const ports::ImageRecord& record) {
  const auto reference = parse_image_reference(record.reference);
  return reference ? reference->with_digest(record.digest) : record.reference;
}

/// Empty for a reference that is pulled by its digest: it sets no tag.
std::string name_by_tag(const ports::ImageRecord& record) {
  const auto reference = parse_image_reference(record.reference);
  return reference && reference->digest.empty() ? reference->tagged_name() : std::string();
}

/// The digests that the last deployments of each service used.
std::set<std::string> digests_of_last_deployments(const std::vector<ports::ImageRecord>& records,
                                                  const std::set<TargetId>& targets) {
  std::map<std::pair<TargetId, std::string>, std::map<std::string, Instant>> services;
  for (const auto& one : records) {
    if (!one.deployed_at || !targets.contains(one.target)) continue;
    auto& last = services[{one.target, one.service}].try_emplace(one.digest, *one.deployed_at).first->second;
    last = std::max(last, *one.deployed_at);
  }
  std::set<std::string> kept;
  for (const auto& [service, deployed] : services) {
    std::vector<std::pair<Instant, std::string>> newest_first;
    for (const auto& [digest, at] : deployed) newest_first.emplace_back(at, digest);
    std::sort(newest_first.rbegin(), newest_first.rend());
    newest_first.resize(std::min(newest_first.size(), kKeptDeployments));
    for (const auto& [at, digest] : newest_first) kept.insert(digest);
  }
  return kept;
}

}  // namespace

ImageCleanup unused_images(const std::vector<ports::ImageRecord>& records, const ImageNeeds& needs) {
  auto kept = digests_of_last_deployments(records, needs.targets);
  kept.insert(needs.digests.begin(), needs.digests.end());
  std::set<std::string> pulled;
  for (const auto& one : records) {
    if (needs.references.contains(one.reference)) kept.insert(one.digest);
    if (one.pulled) pulled.insert(one.digest);
  }
  ImageCleanup cleanup;
  std::map<std::string, std::vector<ports::ImageRecord>> images;
  std::set<std::string> names;
  for (const auto& one : records) {
    if (kept.contains(one.digest)) continue;
    if (!pulled.contains(one.digest)) {
      cleanup.obsolete.push_back(one);
      continue;
    }
    images[name_by_digest(one)].push_back(one);
    names.insert(name_by_digest(one));
    if (auto tag = name_by_tag(one); !tag.empty()) names.insert(std::move(tag));
  }
  const auto by_key = [](const ports::ImageRecord& left, const ports::ImageRecord& right) {
    return std::tie(left.target, left.service, left.reference, left.digest) <
           std::tie(right.target, right.service, right.reference, right.digest);
  };
  for (auto& [name, its_records] : images) {
    std::sort(its_records.begin(), its_records.end(), by_key);
    cleanup.images.push_back({name, std::move(its_records)});
  }
  std::sort(cleanup.obsolete.begin(), cleanup.obsolete.end(), by_key);
  cleanup.names.assign(names.begin(), names.end());
  return cleanup;
}

std::vector<ports::ImageRecord> pulled_images(const TargetId& target, const std::string& engine,
                                              const std::vector<ExecutedStep>& steps) {
  std::vector<ports::ImageRecord> records;
  for (const auto& one : steps) {
    const auto* image = std::get_if<EnsureImage>(&one.step.action);
    if (image == nullptr || one.error || !one.applied.pulled || one.applied.image_digest.empty()) continue;
    records.push_back({target, one.step.service, engine, image->reference, one.applied.image_digest, true, {}});
  }
  return records;
}

std::vector<ports::ImageRecord> deployed_images(const TargetId& target, const std::string& engine,
                                                const ImagesByService& images, Instant now) {
  std::vector<ports::ImageRecord> records;
  for (const auto& [service, use] : images) {
    if (!use.digest.empty()) records.push_back({target, service, engine, use.reference, use.digest, false, now});
  }
  return records;
}

}  // namespace plimsoll::reconcile
