-- What a notice told of time and place, as a digest: nobody is told again what they were told already. Older ones have none.
ALTER TABLE notices ADD COLUMN told_digest BLOB;
