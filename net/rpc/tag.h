// What a completion queue hands back.
#pragma once

namespace drydock::net {

class Tag {
 public:
  virtual ~Tag() = default;
  // One operation is over; `ok` as gRPC defines it for that operation. May delete this.
  virtual void Proceed(bool ok) = 0;
};

// A tag for one of several operations that an object has under way.
template <class Owner>
class MemberTag final : public Tag {
 public:
  MemberTag(Owner& owner, void (Owner::*proceed)(bool)) : owner_(owner), proceed_(proceed) {}
  void Proceed(bool ok) override { (owner_.*proceed_)(ok); }

 private:
  Owner& owner_;
  void (Owner::*proceed_)(bool);
};

}  // namespace drydock::net
