#pragma once

#include <set>
#include <string>
#include <vector>

#include "model/instant.hpp"
#include "model/target_id.hpp"
#include "ports/state_store.hpp"
#include "reconcile/executor.hpp"
#include "reconcile/image_use.hpp"

namespace plimsoll::reconcile {

/// What the images of one engine may be needed for.
struct ImageNeeds {
  std::set<TargetId> targets;        ///< those that a manifest may still name: their rollbacks are kept possible
  std::set<std::string> references;  ///< what targets that are not as they should be are about to use
  std::set<std::string> digests;     ///< what was deployed so lately that the records may not have it
};

/// An image that may go, and the records that then say nothing any more.
struct UnusedImage {
  std::string name;  ///< `repository@digest`
  std::vector<ports::ImageRecord> records;
  bool operator==(const UnusedImage&) const = default;
};

/// What to remove from one engine. Whether a container uses an image, the engine itself knows best.
struct ImageCleanup {
  std::vector<UnusedImage> images;           ///< sorted by name
  std::vector<std::string> names;            ///< all that they may be called on the engine: tags and digests, sorted
  std::vector<ports::ImageRecord> obsolete;  ///< neither protect an image nor say that it is ours to remove
  bool operator==(const ImageCleanup&) const = default;
};

/// Which images of an engine may go: those that a pull of ours brought, but for the newest two digests
/// that each service of the targets in `needs` was deployed with, and for whatever is named in `needs`. A
/// digest is kept or goes under all of its names. The same records and needs give the same answer, in whatever order
/// they come.
[[nodiscard]] ImageCleanup unused_images(const std::vector<ports::ImageRecord>& records, const ImageNeeds& needs);

/// The records of what the steps of a pass pulled.
[[nodiscard]] std::vector<ports::ImageRecord> pulled_images(const TargetId& target, const std::string& engine,
                                                            const std::vector<ExecutedStep>& steps);

/// The records of a deployment that ended well at `now`. Images without a digest have none.
[[nodiscard]] std::vector<ports::ImageRecord> deployed_images(const TargetId& target, const std::string& engine,
                                                              const ImagesByService& images, Instant now);

}  // namespace plimsoll::reconcile
