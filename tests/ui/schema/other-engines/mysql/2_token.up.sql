ALTER TABLE carts ADD COLUMN token binary(16) DEFAULT (uuid_to_bin(uuid()));
