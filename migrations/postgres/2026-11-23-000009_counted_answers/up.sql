-- Answers to a meeting are counted in the index alone, in its order.
CREATE INDEX rsvps_by_answer ON rsvps (meeting_id, answer);
